package org.espalier.prune.structured;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Role;
import org.junit.jupiter.api.Test;

class RankingTest {
  private static final Subject NONE = Groups.subject(Map.of());

  @Test
  void oneRankingOverAllLeavesEachGroupItsBest() {
    List<Scored> groups = Groups.rising(3, 4);
    assertThat(Ranking.of(groups, new Scope.Global(), NONE)).containsExactly(0, 1, 3, 4, 5);
  }

  @Test
  void everyGroupLosesTheSameShareAtAnyPoint() {
    List<Scored> groups = Groups.rising(10, 100, 31);
    int[] order = Ranking.of(groups, new Scope.PerGroup(), NONE);
    assertThat(order).hasSize(9 + 99 + 30).doesNotHaveDuplicates();
    for (int length = 0; length < order.length; length++) {
      double share = (double) length / (10 + 100 + 31);
      for (Scored scored : groups) {
        Group group = scored.group();
        long gone =
            IntStream.of(order)
                .limit(length)
                .filter(c -> c >= group.first() && c < group.first() + group.size())
                .count();
        assertThat((double) gone).isBetween(share * group.size() - 1.5, share * group.size() + 1.5);
      }
    }
  }

  @Test
  void tiesGoByPosition() {
    Group group = new Group("g", 0, 4, List.of());
    var scored = new Scored(group, new double[] {1, -0.0, 0.0, 1}, 3);
    assertThat(Ranking.of(List.of(scored), new Scope.Global(), NONE)).containsExactly(1, 2, 0);
  }

  @Test
  void sharesOfOwnAreNeverExceeded() {
    List<Scored> groups = Groups.rising(10, 10, 10);
    Scope scope = Scope.parse("g0=0.3,g20=0.6");
    assertThat(Ranking.of(groups, scope, NONE))
        .containsExactlyInAnyOrder(0, 1, 2, 20, 21, 22, 23, 24, 25);
    assertThatThrownBy(() -> Ranking.of(groups, Scope.parse("g5=0.5"), NONE))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("no prunable group has a weight 'g5'");
  }

  @Test
  void onlyGroupsOfTheSameShapesCompete() {
    var random = SeededRandom.of(1);
    Map<String, Tensor> weights =
        Map.of(
            "a", random.gaussian(4, 3),
            "b", random.gaussian(4, 3),
            "c", random.gaussian(4, 5));
    List<Scored> groups =
        List.of(
            new Scored(group("a", 0), new double[] {1, 2, 3, 4}, 3),
            new Scored(group("b", 4), new double[] {5, 6, 7, 8}, 3),
            new Scored(group("c", 8), new double[] {9, 9, 9, 9}, 3));
    int[] order = Ranking.of(groups, new Scope.Isomorphic(), Groups.subject(weights));
    assertThat(IntStream.of(order).filter(c -> c < 8)).containsExactly(0, 1, 2, 4, 5, 6);
    assertThat(IntStream.of(order).limit(6).filter(c -> c >= 8)).hasSize(2);
  }

  @Test
  void aNanIsNoScore() {
    var scored = new Scored(new Group("g", 0, 2, List.of()), new double[] {1, Double.NaN}, 1);
    assertThatThrownBy(() -> Ranking.of(List.of(scored), new Scope.Global(), NONE))
        .hasMessage("channel 1 of group 'g' has a NaN score");
  }

  @Test
  void aScopeThatIsNoneSaysWhichThereAre() {
    assertThat(Scope.parse("Global")).isEqualTo(new Scope.Global());
    assertThatThrownBy(() -> Scope.parse("everywhere"))
        .hasMessage(
            "scope 'everywhere'; expected global, group, isomorphic or WEIGHT=0.5,WEIGHT=0.3");
    assertThatThrownBy(() -> Scope.parse("a=2"))
        .hasMessage("scope a=2.0: expected a share of its channels, from 0 to 1");
  }

  private static Group group(String weight, int first) {
    return new Group(weight, first, 4, List.of(Groups.member(weight, 0, Role.PRODUCER, 4)));
  }
}
