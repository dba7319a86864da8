package org.espalier.prune.rewrite;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.inspect.Inspection;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Member;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.coupling.Role;
import org.espalier.reference.Agreement;
import org.espalier.reference.OnnxRuntime;

/** Removals at random; each must equal the model whose consumers multiply what goes by zero. */
final class RandomRemovals {
  private final SeededRandom random;

  RandomRemovals(SeededRandom random) {
    this.random = random;
  }

  /** Removes at random, and compares; the smaller model. */
  Model check(Model model, int groups) {
    Coupling coupling = Coupling.of(model);
    assertThat(coupling.groups()).hasSizeGreaterThanOrEqualTo(groups);
    Model smaller = model;
    for (int trial = 0; trial < 5; trial++) {
      Removal removal = removal(coupling);
      smaller = Rewriting.of(removal).model();
      assertCosts(removal, smaller);
      Map<String, Tensor> inputs = Map.of("x", random.gaussian(dims(model)));
      try (var expected = OnnxRuntime.of(zeroed(removal));
          var actual = OnnxRuntime.of(smaller)) {
        Agreement agreement =
            Agreement.of(expected.run(inputs).get("y"), actual.run(inputs).get("y"));
        assertThat(agreement.holds()).as(agreement.reason()).isTrue();
      }
    }
    return smaller;
  }

  /** One to all but one of each group's channels. */
  Removal removal(Coupling coupling) {
    var channels = new BitSet();
    for (Group group : coupling.groups()) {
      if (group.size() > 1) {
        int count = 1 + random.nextInt(group.size() - 1);
        random
            .ints(0, group.size())
            .distinct()
            .limit(count)
            .forEach(channel -> channels.set(group.first() + channel));
      }
    }
    return new Removal(coupling, channels);
  }

  /** What is counted in the smaller model must be what was told beforehand. */
  static void assertCosts(Removal removal, Model smaller) {
    Costs costs = Costs.of(removal.coupling());
    Inspection counted = Inspection.of(smaller);
    assertThat(costs.parameters(removal)).isEqualTo(counted.parameters());
    assertThat(costs.macs(removal)).isEqualTo(counted.macs());
  }

  /** The model as it was, with zeros for what reads the channels that go. */
  private static Model zeroed(Removal removal) {
    Graph graph = removal.coupling().model().graph();
    var changed = new HashMap<String, Tensor>();
    for (Group group : removal.coupling().groups()) {
      for (Member member : group.members()) {
        if (member.role() == Role.CONSUMER) {
          int axis = member.weight().axis();
          Tensor weight =
              changed.computeIfAbsent(
                  member.weight().value(), name -> graph.initializer(name).orElseThrow().copy());
          long inner = 1;
          for (int k = axis + 1; k < weight.rank(); k++) {
            inner *= weight.dim(k);
          }
          for (long k = 0; k < weight.size(); k++) {
            int channel = member.channels()[(int) (k / inner % weight.dim(axis))];
            if (channel >= 0 && !removal.keeps(group.first() + channel)) {
              weight.setFloat(k, 0);
            }
          }
        }
      }
    }
    return removal.coupling().model().withGraph(graph.replacing(changed));
  }

  private static long[] dims(Model model) {
    return model.graph().inputs().getFirst().type() instanceof Type.TensorType(_, var shape)
        ? shape.orElseThrow().dims().stream().mapToLong(dim -> dim.sizeOr(3)).toArray()
        : new long[0];
  }
}
