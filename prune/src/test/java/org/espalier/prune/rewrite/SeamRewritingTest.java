package org.espalier.prune.rewrite;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.Map;
import java.util.stream.IntStream;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.Count;
import org.espalier.prune.coupling.Axis;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Freedom;
import org.espalier.prune.coupling.Granularity;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Removal;
import org.espalier.reference.Agreement;
import org.espalier.reference.OnnxRuntime;
import org.junit.jupiter.api.Test;

/** What becomes of channels that single layers choose. */
class SeamRewritingTest {
  private static long count(Model model, String op) {
    return model.graph().nodes().stream().filter(node -> node.is(op)).count();
  }

  /** The channels at these indices of the weight's axis. */
  private static BitSet channels(Coupling coupling, String weight, int axis, int... indices) {
    int[] along = coupling.channelsAlong(new Axis(weight, axis));
    BitSet channels = new BitSet();
    IntStream.of(indices).forEach(index -> channels.set(along[index]));
    return channels;
  }

  private static BitSet union(BitSet... sets) {
    BitSet union = new BitSet();
    for (BitSet set : sets) {
      union.or(set);
    }
    return union;
  }

  private static Coupling free(Model model, Freedom freedom) {
    return Coupling.of(model, Granularity.HEADS, freedom);
  }

  private static Removal implied(Coupling coupling, BitSet removed) {
    return new Removal(coupling, coupling.implied(removed, new BitSet()));
  }

  /** One convolution, w0, whose 8 channels two others read: w2 and w4. */
  private static Net shared() {
    Net net = new Net();
    String x = net.conv("x", 6, 8);
    String a = net.conv(x, 8, 5);
    String b = net.conv(x, 8, 5);
    net.conv(net.add("Add", a, b), 5, 3);
    return net;
  }

  @Test
  void readersThatDisagreeTakeASliceEach() {
    Coupling coupling = free(shared().model(17), Freedom.READERS);
    BitSet removed =
        union(channels(coupling, "w2", 1, 0, 2, 5), channels(coupling, "w4", 1, 1, 2, 6));
    Removal removal = implied(coupling, removed);
    assertThat(removal.channels().cardinality()).isEqualTo(7); // nobody reads the third
    Model plain = Rewriting.of(removal).model();
    assertThat(count(plain, "Gather")).isEqualTo(2);
    Model ordered = Rewriting.of(Ordering.of(removal)).model();
    assertThat(count(ordered, "Gather")).isZero();
    assertThat(count(ordered, "Slice")).isEqualTo(2);
    assertThat(Count.of(ordered).parameters())
        .isEqualTo(7 * 6 + 7 + 2 * (5 * 5 + 5) + 3 * 5 + 3)
        .isEqualTo(Costs.of(coupling).parameters(removal));
    Tensor x = SeededRandom.fresh().gaussian(2, 6, 8, 8);
    try (var one = OnnxRuntime.of(plain);
        var other = OnnxRuntime.of(ordered)) {
      Agreement agreement =
          Agreement.of(one.run(Map.of("x", x)).get("y"), other.run(Map.of("x", x)).get("y"), 1e-5);
      assertThat(agreement.holds()).as(agreement.reason()).isTrue();
    }
  }

  @Test
  void readersThatAgreeGiveWhatTiedChannelsGive() {
    Model model = shared().model(17);
    Coupling coupling = free(model, Freedom.READERS);
    BitSet removed =
        union(channels(coupling, "w2", 1, 1, 4, 7), channels(coupling, "w4", 1, 1, 4, 7));
    Coupling tied = Coupling.of(model);
    Removal expected = new Removal(tied, channels(tied, "w0", 0, 1, 4, 7));
    Model actual = Rewriting.of(Ordering.of(implied(coupling, removed))).model();
    assertThat(actual).isEqualTo(Rewriting.of(expected).model());
  }

  @Test
  void operandsThatAgreeAreAddedAsTheyAre() {
    Coupling coupling = free(shared().model(17), Freedom.OPERANDS);
    BitSet same = union(channels(coupling, "w2", 0, 0, 3), channels(coupling, "w4", 0, 0, 3));
    Removal removal = implied(coupling, same);
    assertThat(removal.channels().cardinality()).isEqualTo(6); // those of the sum go as well
    Model model = Rewriting.of(Ordering.of(removal)).model();
    assertThat(count(model, "Pad") + count(model, "Gather") + count(model, "Slice")).isZero();
  }

  @Test
  void operandsThatDisagreeArePadded() {
    Coupling coupling = free(shared().model(17), Freedom.OPERANDS);
    BitSet removed = union(channels(coupling, "w2", 0, 0, 3), channels(coupling, "w4", 0, 1, 3));
    Removal removal = implied(coupling, removed);
    Group sum = coupling.groupOf(coupling.channelsAlong(coupling.seams().getFirst().behind())[0]);
    assertThat(removal.kept(sum)).isEqualTo(4);
    Model plain = Rewriting.of(removal).model();
    assertThat(count(plain, "Gather")).isEqualTo(1); // the other one's is the first of four
    Model ordered = Rewriting.of(Ordering.of(removal)).model();
    assertThat(count(ordered, "Gather")).isZero();
    assertThat(count(ordered, "Pad")).isEqualTo(2);
    assertThat(count(Rewriting.of(Ordering.of(removal)).model(), "Add")).isEqualTo(1);
  }

  @Test
  void whatGoesBringsNothingBackAndGrowsNoMore() {
    var random = SeededRandom.fresh();
    for (Freedom freedom : Freedom.values()) {
      Coupling coupling = free(shared().model(17), freedom);
      BitSet removed = new BitSet();
      for (Group group : coupling.groups()) {
        for (int k = 1; k < group.size(); k++) {
          removed.set(group.first() + k, random.nextDouble() < 0.6);
        }
      }
      BitSet implied = coupling.implied(removed, new BitSet());
      assertThat(coupling.implied(implied, new BitSet())).isEqualTo(implied);
      removed.andNot(implied);
      assertThat(removed.isEmpty()).isTrue();
    }
  }

  @Test
  void olderOperatorSets() {
    for (Freedom freedom : Freedom.values()) {
      Coupling coupling = free(shared().model(9), freedom);
      int axis = freedom == Freedom.READERS ? 1 : 0;
      BitSet removed =
          union(channels(coupling, "w2", axis, 0, 1), channels(coupling, "w4", axis, 1, 3));
      Model model = Rewriting.of(Ordering.of(implied(coupling, removed))).model();
      try (var run = OnnxRuntime.of(model)) {
        Tensor x = SeededRandom.fresh().gaussian(2, 6, 8, 8);
        assertThat(run.run(Map.of("x", x)).get("y").dims()).containsExactly(2, 3, 8, 8);
      }
    }
  }
}
