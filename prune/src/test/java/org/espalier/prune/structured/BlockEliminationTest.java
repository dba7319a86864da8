package org.espalier.prune.structured;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.torch.Libtorch;
import org.espalier.torch.LinearAlgebra;
import org.junit.jupiter.api.Test;

class BlockEliminationTest {
  private static final int ROWS = 5;
  private static final int BLOCKS = 7;
  private static final int WIDTH = 3;

  private final SeededRandom random = SeededRandom.fresh();

  /** The weights that are left solve the least squares of what the whole layer gave. */
  @Test
  void eliminationIsLeastSquaresOnWhatIsLeft() {
    try (var _ = new PointerScope()) {
      Tensor x = Libtorch.view(random.gaussian(61, BLOCKS * WIDTH)).to(ScalarType.Double);
      Tensor w = Libtorch.view(random.gaussian(ROWS, BLOCKS * WIDTH)).to(ScalarType.Double);
      Tensor gram = x.t().mm(x);
      var elimination =
          new BlockElimination(w, gram, LinearAlgebra.inverse(gram), Libtorch.view(columns()));
      double energy = x.mm(w.t()).square().sum().item().toDouble();
      double error = 0;
      for (int block : new int[] {4, 0, 5}) {
        error += elimination.costs()[block] * energy;
        elimination.eliminate(block);
      }
      long[] left = {3, 4, 5, 6, 7, 8, 9, 10, 11, 18, 19, 20};
      Tensor index = Libtorch.view(org.espalier.graph.Tensor.of(left, left.length));
      Tensor some = x.index_select(1, index);
      Tensor best = LinearAlgebra.solve(some.t().mm(some), some.t().mm(x.mm(w.t()))).t();
      Tensor found = Libtorch.view(elimination.weights());
      assertThat(found.index_select(1, index).sub(best).abs().max().item().toDouble())
          .isLessThan(1e-8);
      double lost = x.mm(found.t()).sub(x.mm(w.t())).square().sum().item().toDouble();
      assertThat(error).isCloseTo(lost, within(1e-8 * energy));
      assertThat(found.abs().sum().sub(found.index_select(1, index).abs().sum()).item().toDouble())
          .isCloseTo(0, within(1e-12));
    }
  }

  private static org.espalier.graph.Tensor columns() {
    long[] columns = new long[BLOCKS * WIDTH];
    for (int k = 0; k < columns.length; k++) {
      columns[k] = k;
    }
    return BlockElimination.index(columns, BLOCKS);
  }
}
