package org.espalier.prune.coupling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.espalier.graph.build.Conv.kernel;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.espalier.graph.DataType;
import org.espalier.graph.Dim;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.build.Attention;
import org.espalier.graph.build.GraphBuilder;
import org.espalier.graph.build.Init;
import org.espalier.graph.build.Value;
import org.junit.jupiter.api.Test;

/** Small networks whose groups are listed by hand: "size: producers | consumers". */
final class CouplingTest {
  private final GraphBuilder net = GraphBuilder.of("net", 7);

  private Value image(int channels) {
    return net.input("x", channels, 8, 8);
  }

  private List<String> groups(Value last) {
    return groups(last, Granularity.HEADS);
  }

  private List<String> groups(Value last, Granularity granularity) {
    net.output("y", last);
    return list(Coupling.of(net.build(), granularity));
  }

  /** The matrices of each group; vectors go with them. */
  private static List<String> list(Coupling coupling) {
    return coupling.groups().stream().map(CouplingTest::text).toList();
  }

  private static String text(Group group) {
    return group.size() + ": " + text(group, Role.PRODUCER) + " | " + text(group, Role.CONSUMER);
  }

  private static String text(Group group, Role role) {
    return group.members().stream()
        .filter(member -> member.role() == role)
        .map(member -> member.weight().toString())
        .filter(weight -> !weight.matches(".*(bias|scale|shift|norm.*)\\[0]"))
        .sorted()
        .collect(Collectors.joining(" "));
  }

  private Value inOrder(String name, Value x, int filters) {
    return x.conv(name, filters, kernel(3).pad(1)).batchNorm(name + ".norm").relu();
  }

  @Test
  void aResidualBlockHasAnInnerWidthAndTheStreams() {
    Value stem = inOrder("stem", image(3), 6);
    Value inner = inOrder("a", stem, 5);
    Value sum = inner.conv("b", 6, kernel(3).pad(1)).batchNorm("b.norm").add(stem).relu();
    assertThat(groups(sum.globalAveragePool().flatten().linear("fc", 4)))
        .containsExactly(
            "6: b.weight[0] stem.weight[0] | a.weight[1] fc.weight[1]",
            "5: a.weight[0] | b.weight[1]");
  }

  @Test
  void concatKeepsItsPartsApart() {
    Value a = inOrder("a", image(3), 4);
    Value b = inOrder("b", a, 3);
    Value c = inOrder("c", a.concat(1, b), 5);
    Value last = a.concat(1, b, c).conv("last", 2, kernel(1));
    assertThat(groups(last))
        .containsExactly(
            "4: a.weight[0] | b.weight[1] c.weight[1] last.weight[1]",
            "3: b.weight[0] | c.weight[1] last.weight[1]",
            "5: c.weight[0] | last.weight[1]");
  }

  @Test
  void anInvertedResidualHasItsDepthwiseFiltersInTheExpansion() {
    Value x = inOrder("stem", image(3), 4);
    Value wide = x.conv("expand", 12, kernel(1)).batchNorm("e.norm").relu6();
    Value deep = wide.depthwise("dw", kernel(3).pad(1)).batchNorm("d.norm").relu6();
    Value out = deep.conv("project", 4, kernel(1)).batchNorm("p.norm").add(x);
    assertThat(groups(out.conv("last", 2, kernel(1))))
        .containsExactly(
            "4: project.weight[0] stem.weight[0] | expand.weight[1] last.weight[1]",
            "12: dw.weight[0] expand.weight[0] | project.weight[1]");
  }

  @Test
  void aGateHasTheChannelsOfWhatItGates() {
    Value x = inOrder("stem", image(3), 6);
    Value squeezed = x.globalAveragePool().conv("down", 3, kernel(1)).relu();
    Value gated = x.mul(squeezed.conv("up", 6, kernel(1)).sigmoid());
    assertThat(groups(gated.conv("last", 2, kernel(1))))
        .containsExactly(
            "6: stem.weight[0] up.weight[0] | down.weight[1] last.weight[1]",
            "3: down.weight[0] | up.weight[1]");
  }

  @Test
  void aFlattenedChannelIsAllItsPixels() {
    Value x = inOrder("c", image(3), 5);
    Value hidden = x.flatten().linear("f", 6).relu();
    net.output("y", hidden.linear("g", 2));
    Coupling coupling = Coupling.of(net.build());
    assertThat(list(coupling))
        .containsExactly("5: c.weight[0] | f.weight[1]", "6: f.weight[0] | g.weight[1]");
    Member read = coupling.groups().getFirst().members().getLast();
    assertThat(read.weight()).isEqualTo(new Axis("f.weight", 1));
    assertThat(read.positions(2)).containsExactly(IntStream.range(128, 192).toArray());
  }

  @Test
  void groupsOfAConvolutionLoseTheSameSlot() {
    Value x = inOrder("a", image(3), 12);
    Value y = x.conv("g", 8, kernel(3).pad(1).groups(4)).relu();
    net.output("y", y.conv("last", 2, kernel(1)));
    Coupling coupling = Coupling.of(net.build());
    assertThat(list(coupling))
        .containsExactly("3: a.weight[0] | g.weight[1]", "2: g.weight[0] | last.weight[1]");
    assertThat(coupling.groups().getFirst().members().getFirst().positions(1))
        .containsExactly(1, 4, 7, 10);
  }

  @Test
  void anyOfEachGroupGoBehindAShuffle() {
    Value x = inOrder("stem", image(3), 15);
    Value a = x.conv("a", 15, kernel(1).groups(3)).relu();
    Value y = a.reshape(0, 3, 5, 8, 8).transpose(0, 2, 1, 3, 4).reshape(0, 15, 8, 8);
    Value b = y.conv("b", 15, kernel(1).groups(3)).add(x);
    net.output("y", b.conv("last", 2, kernel(1)));
    Coupling coupling = Coupling.of(net.build());
    assertThat(list(coupling))
        .containsExactly(
            "5: b.weight[0] stem.weight[0] | a.weight[1] last.weight[1]", "5: a.weight[0] | ");
    int[] made = coupling.channelsAlong(new Axis("a.weight", 0));
    int[] read = IntStream.range(0, 15).map(k -> made[k % 3 * 5 + k / 3]).toArray();
    for (int group = 0; group < 3; group++) {
      assertThat(Arrays.copyOfRange(made, 5 * group, 5 * group + 5))
          .containsExactlyInAnyOrder(5, 6, 7, 8, 9);
      assertThat(Arrays.copyOfRange(read, 5 * group, 5 * group + 5))
          .containsExactlyInAnyOrder(5, 6, 7, 8, 9);
    }
    assertThat(coupling.balances()).hasSize(2);
  }

  @Test
  void aGroupIsNeverEmptied() {
    Value x = inOrder("a", image(3), 5);
    net.output("y", x.conv("last", 2, kernel(1)));
    Coupling coupling = Coupling.of(net.build());
    var all = new BitSet();
    all.set(0, 5);
    assertThatThrownBy(() -> new Removal(coupling, all))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("all 5 channels of group 'a.weight' would go, expected one to stay");
    all.clear(3);
    assertThat(new Removal(coupling, all).kept(new Axis("last.weight", 1))).containsExactly(3);
  }

  @Test
  void groupsOfWhichTooFewMayGoKeepAll() {
    Value x = inOrder("stem", image(3), 6);
    Value a = x.conv("a", 6, kernel(1).groups(3)).relu();
    Value y = a.reshape(0, 3, 2, 8, 8).transpose(0, 2, 1, 3, 4).reshape(0, 6, 8, 8);
    Value b = y.conv("b", 6, kernel(1).groups(3)).add(x);
    net.output("first", b.slice(1, 0, 1, 1));
    net.output("y", b.conv("last", 2, kernel(1)));
    Coupling coupling = Coupling.of(net.build());
    assertThat(list(coupling)).containsExactly("2: a.weight[0] | ");
    assertThat(coupling.balances())
        .hasSize(2)
        .allMatch(balance -> coupling.channelsAlong(balance.along()).length == 6);
  }

  @Test
  void groupsDividedElsewhereShareWhatIsJoined() {
    Value stem = inOrder("stem", image(3), 6);
    Value wide = inOrder("wide", stem, 30);
    Value a = wide.conv("a", 54, kernel(1).groups(3)).relu();
    Value joined = stem.concat(1, a);
    Value b = joined.conv("b", 60, kernel(1).groups(3)).add(joined);
    net.output("y", b.conv("last", 2, kernel(1)));
    assertThat(list(Coupling.of(net.build()))) // blocks of 20: 6 + 14, 4 + 16, 2 + 18
        .containsExactly(
            "2: a.weight[0] b.weight[0] stem.weight[0] | last.weight[1] wide.weight[1]",
            "10: wide.weight[0] | a.weight[1]",
            "14: a.weight[0] b.weight[0] | last.weight[1]");
  }

  @Test
  void wholeGroupsGoWhereEverySlotStays() {
    Value x = inOrder("a", image(3), 6);
    Value y = x.conv("g", 6, kernel(1).groups(3)).relu();
    net.output("x0", x.slice(1, 0, 2, 1)).output("y0", y.slice(1, 0, 2, 1));
    net.output("y", y.conv("last", 2, kernel(1)));
    Coupling coupling = Coupling.of(net.build());
    assertThat(list(coupling)).containsExactly("2: a.weight[0] g.weight[0] | last.weight[1]");
    assertThat(coupling.channelsAlong(new Axis("g.weight", 0))).containsExactly(-1, -1, 0, 0, 1, 1);
  }

  @Test
  void wholeGroupsGoWhereSlotsTieEverything() {
    Value x = overGroups(inOrder("a", image(3), 6)).conv("g", 6, kernel(1).groups(2));
    net.output("y", overGroups(x).conv("last", 2, kernel(1)));
    assertThat(list(Coupling.of(net.build())))
        .containsExactly("2: a.weight[0] g.weight[0] | last.weight[1]");
  }

  /** Of six channels, three and their pixels at a time. */
  private static Value overGroups(Value x) {
    return x.reshape(0, 2, 192).softmax().reshape(0, 6, 8, 8);
  }

  @Test
  void aShuffleOnlyReorders() {
    Value x = inOrder("a", image(3), 6);
    Value split = x.reshape(0, 2, 3, 8, 8).transpose(0, 2, 1, 3, 4).reshape(0, 6, 8, 8);
    Value other = split.depthwise("dw", kernel(3).pad(1));
    net.output("y", other.conv("last", 2, kernel(1)));
    Coupling coupling = Coupling.of(net.build());
    assertThat(list(coupling)).containsExactly("6: a.weight[0] dw.weight[0] | last.weight[1]");
    assertThat(coupling.shuffles()).hasSize(1);
    assertThat(coupling.shuffles().getFirst().sources()).containsExactly(0, 3, 1, 4, 2, 5);
    int[] shuffled = coupling.channelsAlong(new Axis("dw.weight", 0));
    assertThat(shuffled).containsExactly(0, 3, 1, 4, 2, 5);
  }

  private Value attention(Value x, int heads, int groups, int width) {
    int own = width / heads;
    Value q = Attention.heads(x.linear("q", width), heads);
    Value k = Attention.heads(x.linear("k", groups * own), groups);
    Value v = Attention.heads(x.linear("v", groups * own), groups);
    if (groups < heads) {
      k = Attention.repeat(k, heads / groups);
      v = Attention.repeat(v, heads / groups);
    }
    return Attention.merge(Attention.attend(q, k, v)).linear("o", x.size(2)).add(x);
  }

  private Value tokens(int width) {
    return net.input("ids", DataType.INT64, Dim.symbol("N"), Dim.symbol("S"))
        .embedding("table", 19, width, Init.normal(1));
  }

  @Test
  void attentionGivesUpWholeHeads() {
    Value x = tokens(12).layerNorm("norm", 1e-5f);
    Value y = attention(x, 3, 3, 12);
    assertThat(groups(y.linear("head", 7)))
        .containsExactly(
            "12: o.weight[1] table.weight[1] | head.weight[0] k.weight[0] q.weight[0] v.weight[0]",
            "3: k.weight[1] q.weight[1] v.weight[1] | o.weight[0]");
  }

  @Test
  void attentionGivesUpDimensionsOfAllHeads() {
    Value y = attention(tokens(12), 3, 3, 12);
    assertThat(groups(y.linear("head", 7), Granularity.HEAD_DIMENSIONS))
        .containsExactly(
            "12: o.weight[1] table.weight[1] | head.weight[0] k.weight[0] q.weight[0] v.weight[0]",
            "4: k.weight[1] q.weight[1] | ",
            "4: v.weight[1] | o.weight[0]");
  }

  @Test
  void queryHeadsGoWithTheKeysTheyShare() {
    Value y = attention(tokens(24), 6, 2, 24);
    net.output("y", y.linear("head", 7));
    Coupling coupling = Coupling.of(net.build());
    assertThat(list(coupling))
        .containsExactly(
            "24: o.weight[1] table.weight[1] | head.weight[0] k.weight[0] q.weight[0] v.weight[0]",
            "2: k.weight[1] q.weight[1] v.weight[1] | o.weight[0]");
    Member q =
        coupling.groups().getLast().members().stream()
            .filter(member -> member.weight().value().equals("q.weight"))
            .findFirst()
            .orElseThrow();
    assertThat(q.positions(1)).containsExactly(IntStream.range(12, 24).toArray());
  }

  @Test
  void anUnknownOperatorFreezesWhatItTouches() {
    Value x = inOrder("a", image(3), 4);
    net.output("z", x.follow("Unheard", x.shape(), Map.of()));
    net.output("y", x.conv("b", 5, kernel(1)).relu().conv("c", 2, kernel(1)));
    Coupling coupling = Coupling.of(net.build());
    assertThat(list(coupling)).containsExactly("5: b.weight[0] | c.weight[1]");
    assertThat(coupling.frozen())
        .anySatisfy(
            frozen -> {
              assertThat(frozen.value()).isEqualTo(new Axis("a.weight", 0));
              assertThat(frozen.reason()).contains("Unheard");
            });
  }

  @Test
  void everyChannelOfEveryAxisBelongsToItsGroup() {
    Value y = attention(tokens(12), 3, 3, 12);
    net.output("y", y.linear("head", 7));
    Model model = net.build();
    Coupling coupling = Coupling.of(model);
    for (Group group : coupling.groups()) {
      for (Member member : group.members()) {
        int[] along = coupling.channelsAlong(member.weight());
        for (int k = 0; k < along.length; k++) {
          assertThat(member.channels()[k])
              .isEqualTo(
                  along[k] >= group.first() && along[k] < group.first() + group.size()
                      ? along[k] - group.first()
                      : -1);
        }
        assertThat(Arrays.stream(member.channels()).filter(c -> c >= 0).distinct())
            .hasSize(group.size());
      }
    }
  }
}
