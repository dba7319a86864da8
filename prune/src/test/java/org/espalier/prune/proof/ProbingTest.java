package org.espalier.prune.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.infer.Shapes;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.coupling.Axis;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Granularity;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Member;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.coupling.Role;
import org.espalier.reference.OnnxRuntime;
import org.junit.jupiter.api.RepeatedTest;

/**
 * Numeric probing: what makes one channel is changed, and no entry of any value may move that the
 * coupling doesn't count to that channel, once the channel is masked where it is read. A tie that
 * the rules miss shows as an entry that moves.
 */
class ProbingTest {
  private static final int CHANNELS = 6;

  @RepeatedTest(20)
  void nothingMovesBesidesTheChannel() {
    long seed = SeededRandom.fresh().nextLong(1_000_000);
    Model model = RandomNets.of(seed);
    for (Granularity granularity : Granularity.values()) {
      Coupling coupling = Coupling.of(model, granularity);
      assertThat(coupling.groups()).as("seed " + seed).isNotEmpty();
      var random = new Random(seed);
      for (int k = 0; k < CHANNELS; k++) {
        int channel = random.nextInt(coupling.channels());
        if (coupling.groupOf(channel).size() > 1) {
          assertThat(moved(coupling, channel, seed))
              .as(
                  "seed %d, %s, channel %d of %s",
                  seed, granularity, channel, coupling.groupOf(channel))
              .isEmpty();
        }
      }
    }
  }

  /** The values in which something moved that isn't the channel's. */
  private static List<String> moved(Coupling coupling, int channel, long seed) {
    Masked masked = Masked.of(coupling);
    Model open = withAllValues(masked.model(), coupling);
    Model changed = open.withGraph(open.graph().replacing(perturbed(coupling, channel, seed)));
    var removed = new BitSet();
    removed.set(channel);
    Map<String, Tensor> inputs =
        masked.inputs(inputs(coupling.model(), seed), new Removal(coupling, removed));
    try (OnnxRuntime before = OnnxRuntime.of(open, exact());
        OnnxRuntime after = OnnxRuntime.of(changed, exact())) {
      Map<String, Tensor> expected = before.run(inputs);
      Map<String, Tensor> actual = after.run(inputs);
      var moved = new ArrayList<String>();
      expected.forEach(
          (name, tensor) -> {
            String where = strayed(coupling, channel, name, tensor, actual.get(name));
            if (!where.isEmpty()) {
              moved.add(where);
            }
          });
      return moved;
    }
  }

  private static OnnxRuntime.Options exact() {
    return OnnxRuntime.Options.standard()
        .withThreads(1)
        .withOptimization(OnnxRuntime.Optimization.NONE);
  }

  private static Map<String, Tensor> inputs(Model model, long seed) {
    var random = new Random(seed);
    var inputs = new LinkedHashMap<String, Tensor>();
    for (ValueInfo input : model.graph().requiredInputs()) {
      Shapes shapes = Shapes.infer(model);
      Tensor tensor =
          Tensor.allocate(
              DataType.FLOAT, shapes.shape(input.name()).flatMap(Shape::sizes).orElseThrow());
      for (long k = 0; k < tensor.size(); k++) {
        tensor.setReal(k, random.nextGaussian());
      }
      inputs.put(input.name(), tensor);
    }
    return inputs;
  }

  /** The weights that make the channel, with other numbers where they do. */
  private static Map<String, Tensor> perturbed(Coupling coupling, int channel, long seed) {
    Group group = coupling.groupOf(channel);
    var random = new Random(seed);
    var changed = new HashMap<String, Tensor>();
    for (Member member : group.members()) {
      if (member.role() == Role.PRODUCER) {
        String name = member.weight().value();
        Tensor weight =
            changed.computeIfAbsent(
                name, key -> coupling.model().graph().initializers().get(key).copy());
        if (weight.type() == DataType.FLOAT) {
          perturb(
              weight, member.weight().axis(), member.positions(channel - group.first()), random);
        }
      }
    }
    return changed;
  }

  private static void perturb(Tensor weight, int axis, int[] positions, Random random) {
    long inner = 1;
    for (int k = axis + 1; k < weight.rank(); k++) {
      inner *= weight.dim(k);
    }
    var at = new HashSet<Long>();
    for (int position : positions) {
      at.add((long) position);
    }
    for (long k = 0; k < weight.size(); k++) {
      if (at.contains(k / inner % weight.dim(axis))) {
        weight.setReal(k, weight.realAt(k) + 0.5 + random.nextDouble());
      }
    }
  }

  /** The model with every float value that the view names as an output too. */
  private static Model withAllValues(Model model, Coupling coupling) {
    Model view = coupling.view();
    Set<String> named = new HashSet<>();
    view.graph().nodes().forEach(node -> named.addAll(node.outputs()));
    coupling // what is between the nodes of a shuffle has no channels of its own
        .shuffles()
        .forEach(shuffle -> shuffle.nodes().forEach(node -> named.removeAll(node.outputs())));
    Shapes shapes = Shapes.infer(view);
    Graph graph = model.graph();
    var outputs = new ArrayList<>(graph.outputs());
    var known = new HashSet<String>();
    outputs.forEach(output -> known.add(output.name()));
    for (Node node : graph.nodes()) {
      for (String output : node.outputs()) {
        if (named.contains(output)
            && shapes.element(output).filter(DataType.FLOAT::equals).isPresent()
            && known.add(output)) {
          outputs.add(ValueInfo.of(output, DataType.FLOAT, shapes.shape(output).orElseThrow()));
        }
      }
    }
    return model.withGraph(graph.withOutputs(outputs));
  }

  private static String strayed(
      Coupling coupling, int channel, String name, Tensor before, Tensor after) {
    int[][] along = new int[before.rank()][];
    for (int axis = 0; axis < along.length; axis++) {
      along[axis] = coupling.channelsAlong(new Axis(name, axis));
    }
    for (long k = 0; k < before.size(); k++) {
      if (Double.compare(before.realAt(k), after.realAt(k)) != 0
          && !belongs(along, before.dims(), k, channel)) {
        return name + ", element " + k;
      }
    }
    return "";
  }

  private static boolean belongs(int[][] along, long[] dims, long element, int channel) {
    long rest = element;
    for (int axis = dims.length - 1; axis >= 0; axis--) {
      int index = (int) (rest % dims[axis]);
      rest /= dims[axis];
      if (along[axis].length > 0 && along[axis][index % along[axis].length] == channel) {
        return true;
      }
    }
    return false;
  }
}
