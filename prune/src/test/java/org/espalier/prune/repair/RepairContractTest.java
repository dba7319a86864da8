package org.espalier.prune.repair;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.BitSet;
import java.util.stream.Stream;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.prune.Nets;
import org.espalier.prune.PoorData;
import org.espalier.prune.Recipe;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.evidence.Calibration;
import org.espalier.prune.rewrite.Rewriting;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every repair owes, whatever data it is given. */
class RepairContractTest {
  private static final Model NETWORK = Nets.residual(4);

  static Stream<String> repairs() {
    return Repair.names().stream();
  }

  @ParameterizedTest
  @MethodSource("repairs")
  void removedChannelsAreMendedWithFiniteWeightsOrTheDataAreToldOf(String name) {
    Coupling coupling = Coupling.of(NETWORK);
    var gone = new BitSet();
    coupling.groups().forEach(group -> gone.set(group.first() + 1, group.first() + 4));
    var removal = new Removal(coupling, gone);
    Model small = Rewriting.of(removal).model();
    Repair repair = Repair.parse(name);
    if (!repair.mendsChannels()) {
      return;
    }
    check(repair, data -> repair.repair(removal, small, data));
  }

  @ParameterizedTest
  @MethodSource("repairs")
  void zeroedWeightsAreMendedWithFiniteWeightsOrTheDataAreToldOf(String name) {
    Repair repair = Repair.parse(name);
    Model sparse = Recipe.named("magnitude").sparsity(0.6).apply(NETWORK).model();
    if (!repair.mendsZeros()) {
      assertThatThrownBy(() -> repair.mend(NETWORK, sparse, Calibration.NONE))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("mends removed channels");
      return;
    }
    check(repair, data -> repair.mend(NETWORK, sparse, data));
  }

  @FunctionalInterface
  private interface Mending {
    Model with(Calibration data);
  }

  private static void check(Repair repair, Mending mending) {
    for (PoorData poor : PoorData.values()) {
      if (poor.isUsable(false) || !repair.needsData()) {
        Model mended = mending.with(poor.images(8, 5));
        assertThat(PoorData.isFinite(mended)).as(poor + "").isTrue();
      } else {
        assertThatThrownBy(() -> mending.with(poor.images(8, 5)))
            .as(poor + "")
            .isInstanceOf(InvalidInputException.class)
            .hasMessageMatching(poor.complaint());
      }
    }
  }
}
