package org.espalier.train.rule;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.espalier.graph.DataType;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.prune.Layer;
import org.espalier.prune.Mask;
import org.espalier.prune.Schedule;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Member;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.coupling.Role;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.rewrite.Rewriting;
import org.espalier.prune.structured.Ranking;
import org.espalier.prune.structured.Scope;
import org.espalier.prune.structured.Scored;
import org.espalier.prune.structured.Subject;
import org.espalier.train.Step;
import org.espalier.train.TrainingRule;

/**
 * Channels go while the network trains, the least important first, in one ranking over all groups:
 * masked at first, with all that makes and reads them, and cut out in the end. A channel is as
 * important as the neurons that make it together; see {@link NeuronImportance}, which comes before.
 *
 * @param schedule what share of all channels is gone after each step
 */
public record GradualChannels(Schedule schedule) implements TrainingRule {
  private static final String REMOVED = "channels/removed";

  @Override
  public String describe() {
    return "gradual channels, " + schedule;
  }

  @Override
  public void afterUpdate(Step step) {
    if (!schedule.prunesAt(step.index())) {
      return;
    }
    Coupling coupling = Coupling.of(step.original());
    Tensor removed = removed(step, coupling);
    int[] order = order(step, coupling, removed);
    long count = Math.round(schedule.sparsityAt(step.index()) * coupling.channels());
    if (count > order.length) {
      throw new InvalidInputException(
          "%d of %d channels were to go, and %d may: each group keeps one"
              .formatted(count, coupling.channels(), order.length));
    }
    for (int k = 0; k < count; k++) {
      removed.setFloat(order[k], 1);
    }
    step.hold(ChannelMasks.of(step, coupling, removed));
    forget(step);
  }

  private static Tensor removed(Step step, Coupling coupling) {
    return step.memory(REMOVED, DataType.FLOAT, coupling.channels());
  }

  /** The channels that may go, those that are gone already first. */
  private static int[] order(Step step, Coupling coupling, Tensor removed) {
    Map<String, Layer> layers =
        step.layers().stream().collect(Collectors.toMap(Layer::weight, Function.identity()));
    var groups = new ArrayList<Scored>();
    for (Group group : coupling.groups()) {
      double[] scores = new double[group.size()];
      boolean known = false;
      for (Member member : group.members()) {
        Layer layer = layers.get(member.weight().value());
        if (member.role() == Role.PRODUCER
            && layer != null
            && layer.rows() == member.channels().length) {
          known = true;
          Tensor importance = NeuronImportance.of(step, layer);
          for (int row = 0; row < layer.rows(); row++) {
            if (member.channels()[row] >= 0) {
              scores[member.channels()[row]] += importance.floatAt(row);
            }
          }
        }
      }
      for (int channel = 0; channel < scores.length; channel++) {
        boolean gone = removed.floatAt(group.first() + channel) > 0;
        scores[channel] = gone ? -1 : scores[channel];
      }
      groups.add(new Scored(group, scores, known ? group.size() - 1 : 0));
    }
    Subject subject = Subject.of(coupling, Evidence.NONE, 0);
    return Ranking.of(List.copyOf(groups), new Scope.Global(), subject);
  }

  /** Neurons that are gone have no importance left. */
  private static void forget(Step step) {
    for (Layer layer : step.layers()) {
      Mask mask = step.masks().byWeight().get(layer.weight());
      for (int row = 0; mask != null && row < layer.rows(); row++) {
        boolean gone = true;
        for (int column = 0; gone && column < layer.columns(); column++) {
          gone = !mask.keeps(layer.index(row, column));
        }
        if (gone) {
          NeuronImportance.of(step, layer).setFloat(row, 0);
        }
      }
    }
  }

  @Override
  public boolean isSettled(Step step) {
    return schedule.sparsityAt(step.index()) >= schedule.sparsityAt(step.steps());
  }

  @Override
  public Model finish(Step step, Model trained) {
    Coupling coupling = Coupling.of(trained);
    Tensor removed = removed(step, coupling);
    var channels = new BitSet();
    for (int k = 0; k < coupling.channels(); k++) {
      channels.set(k, removed.floatAt(k) > 0);
    }
    return Rewriting.of(new Removal(coupling, channels)).model();
  }
}
