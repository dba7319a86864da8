package org.espalier.prune.structured;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.prune.Budget;
import org.espalier.prune.Count;
import org.espalier.prune.Layers;
import org.espalier.prune.Skipped;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Freedom;
import org.espalier.prune.coupling.Frozen;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Member;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.coupling.Role;
import org.espalier.prune.evidence.Calibration;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.repair.Repair;
import org.espalier.prune.rewrite.Costs;
import org.espalier.prune.rewrite.Ordering;
import org.espalier.prune.rewrite.Rewriting;

/**
 * One application of a recipe: in each step channels are found, scored, chosen and removed.
 *
 * <p>Groups keep their names from step to step, so that a share of channels is always one of those
 * that the original has.
 */
final class ChannelPruning {
  private final ChannelRecipe recipe;
  private final ChannelMethod method;
  private final Model original;
  private final Evidence evidence;
  private final Meters meters;
  private final int steps;
  private final Map<String, Integer> widths = new LinkedHashMap<>();
  private final Map<String, Integer> now = new HashMap<>();
  private final List<Removal> removals = new ArrayList<>();
  private final LinkedHashSet<Skipped> skipped = new LinkedHashSet<>();
  private double prunableShare;

  ChannelPruning(ChannelRecipe recipe, Model original, Evidence evidence, Meters meters) {
    this.recipe = recipe;
    this.method = recipe.method();
    this.original = original;
    this.evidence = evidence;
    this.meters = meters;
    this.steps = recipe.steps() == 0 ? method.steps() : recipe.steps();
  }

  ChannelOutcome outcome() {
    var target = Target.of(recipe.budget(), original, meters);
    Model current = original;
    for (int step = 1; step <= steps; step++) {
      Coupling coupling = Coupling.of(current, recipe.granularity(), method.freedom());
      if (step == 1) {
        begin(coupling);
      }
      if (coupling.groups().isEmpty() && recipe.budget() instanceof Budget.Channels) {
        target.note("no channels may go" + Skipped.reasons("frozen", skipped));
        break;
      }
      try (Evidence seen = evidence.on(coupling.model(), Layers.of(coupling.model()).weights())) {
        seen.gather(method.needs());
        Choice choice = choice(coupling, seen, step == 1);
        Function<Removal, Model> making = gone -> smaller(gone, choice, seen);
        var decision = new Decision(recipe, choice, widths, (double) step / steps, making);
        Removal removal = Ordering.of(decision.towards(target));
        coupling.groups().forEach(group -> now.put(group.name(), removal.kept(group)));
        if (!removal.channels().isEmpty()) {
          removals.add(removal);
          current = smaller(removal, choice, seen);
        }
      }
    }
    return new ChannelOutcome(current, removals, certificate(current, target));
  }

  /** What a removal makes of the model of this step. */
  private Model smaller(Removal removal, Choice choice, Evidence seen) {
    if (removal.channels().isEmpty()) {
      return Rewriting.of(removal).model();
    }
    Model smaller = method.remove(removal, choice);
    Repair repair = recipe.repair();
    Calibration data = repair.needsData() ? seen.calibration() : Calibration.NONE;
    return repair.repair(removal, smaller, data);
  }

  private void begin(Coupling coupling) {
    prunableShare = coupling.prunableShare();
    for (Group group : coupling.groups()) {
      if (chooses(group, coupling)) {
        widths.put(group.name(), group.size());
      }
    }
    for (Frozen frozen : coupling.frozen()) {
      skipped.add(
          new Skipped(
              frozen.node().isEmpty() ? frozen.value().value() : frozen.node(), frozen.reason()));
    }
    if (coupling.groups().isEmpty() && !(recipe.budget() instanceof Budget.Channels)) {
      throw new InvalidInputException(
          "the model has no prunable channels" + Skipped.reasons("frozen", skipped));
    }
  }

  /** Whether a group's channels are a choice; others go with those across seams. */
  private boolean chooses(Group group, Coupling coupling) {
    Role role = method.freedom() == Freedom.READERS ? Role.CONSUMER : Role.PRODUCER;
    return coupling.seams().isEmpty()
        || group.members().stream()
            .anyMatch(member -> member.role() == role && isMatrix(member, coupling));
  }

  private static boolean isMatrix(Member member, Coupling coupling) {
    long[] dims =
        coupling.model().graph().initializer(member.weight().value()).orElseThrow().dims();
    return LongStream.of(dims).filter(dim -> dim > 1).count() > 1;
  }

  /** The groups that this method may prune, scored; why others stay is noted in the first step. */
  private Choice choice(Coupling coupling, Evidence seen, boolean first) {
    Subject subject = Subject.of(coupling, seen, recipe.seed());
    Map<String, String> dense = dense(coupling);
    GroupSaliency saliency = method.saliency();
    var groups = new ArrayList<Scored>();
    List<Group> chosen =
        coupling.groups().stream().filter(group -> chooses(group, coupling)).toList();
    for (Group group : chosen) {
      int width = widths.getOrDefault(group.name(), group.size());
      int gone = width - group.size();
      int most = Math.min(group.size() - 1, (int) Math.floor(method.most() * width + 1e-9) - gone);
      Optional<String> reason =
          kept(group, dense)
              .or(() -> saliency.silence(group, subject))
              .or(() -> Optional.of("its one channel stays").filter(one -> group.size() == 1));
      if (reason.isEmpty()) {
        groups.add(new Scored(group, saliency.score(group, subject), Math.max(0, most)));
      } else if (first) {
        skipped.add(new Skipped(group.name(), reason.get()));
      }
    }
    if (groups.isEmpty()) {
      throw new InvalidInputException(
          "method '%s' can prune none of the model's %d groups of channels%s"
              .formatted(
                  method.about().name(),
                  coupling.groups().size(),
                  Skipped.reasons("frozen", skipped)));
    }
    return new Choice(
        groups,
        kept(coupling, dense),
        scope(subject),
        recipe.multiple(),
        subject,
        Costs.of(coupling),
        meters);
  }

  private Scope scope(Subject subject) {
    Scope scope = recipe.scope() == null ? method.scope() : recipe.scope();
    if (!(scope instanceof Scope.Shares(Map<String, Double> shares))) {
      return scope;
    }
    // A share is one of what the original has: of what is left, less.
    var left = new HashMap<>(shares);
    for (Group group : subject.coupling().groups()) {
      int width = widths.getOrDefault(group.name(), group.size());
      double rest = (double) width / group.size();
      Ranking.nameIn(shares.keySet(), group)
          .ifPresent(
              name -> left.computeIfPresent(name, (n, s) -> Math.max(0, 1 - (1 - s) * rest)));
    }
    return new Scope.Shares(left);
  }

  private BitSet kept(Coupling coupling, Map<String, String> dense) {
    BitSet kept = new BitSet();
    coupling.groups().stream()
        .filter(group -> kept(group, dense).isPresent())
        .forEach(group -> kept.set(group.first(), group.first() + group.size()));
    return kept;
  }

  private Optional<String> kept(Group group, Map<String, String> dense) {
    return group.members().stream().anyMatch(m -> dense.containsKey(m.weight().value()))
        ? Optional.of("kept dense as asked")
        : Optional.empty();
  }

  /** The weights that the user wants to keep, with the names by which they were asked for. */
  private Map<String, String> dense(Coupling coupling) {
    var weights = new HashMap<String, String>();
    for (String name : recipe.dense()) {
      int before = weights.size();
      if (coupling.model().graph().isInitializer(name)) {
        weights.put(name, name);
      }
      for (Node node : coupling.model().graph().nodes()) {
        if (node.label().equals(name)) {
          node.inputs().forEach(input -> weights.put(input, name));
        }
      }
      if (weights.size() == before) {
        throw new InvalidInputException(
            "no weight or node is named '%s', which was to stay dense".formatted(name));
      }
    }
    return weights;
  }

  private ChannelCertificate certificate(Model result, Target target) {
    var groups = new ArrayList<ChannelCertificate.Width>();
    widths.forEach(
        (name, before) -> groups.add(new ChannelCertificate.Width(name, before, now.get(name))));
    Scope scope = recipe.scope() == null ? method.scope() : recipe.scope();
    long before = groups.stream().mapToLong(ChannelCertificate.Width::before).sum();
    long after = groups.stream().mapToLong(ChannelCertificate.Width::after).sum();
    return new ChannelCertificate(
        method.about().name(),
        scope.toString(),
        recipe.granularity().toString(),
        steps,
        recipe.seed(),
        recipe.budget().toString(),
        target.reached(result, before - after, before),
        target.note(),
        target.measured(),
        Count.of(original),
        Count.of(result),
        groups,
        prunableShare,
        List.copyOf(skipped));
  }
}
