package org.espalier.prune.repair;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.bytedeco.javacpp.PointerScope;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.torch.Libtorch;
import org.junit.jupiter.api.Test;

class NormalEquationsTest {
  private static final int ROWS = 41;
  private static final int COLUMNS = 13;
  private static final int OUTPUTS = 4;
  private static final double DAMPING = 1e-3;

  /** The gradient is zero in every weight that may move; the others are zero themselves. */
  @Test
  void whatIsFoundIsTheBestWithTheseZeros() {
    var random = SeededRandom.fresh();
    double[] zeros = {0, 0.2, 0.8, 1};
    Tensor before = real(random.gaussian(OUTPUTS, COLUMNS));
    for (int k = 0; k < OUTPUTS * COLUMNS; k++) {
      before.setReal(k, random.nextDouble() < zeros[k / COLUMNS] ? 0 : before.realAt(k));
    }
    Tensor x = real(random.gaussian(1, ROWS, COLUMNS + 1));
    for (int row = 0; row < ROWS; row++) {
      x.setReal((long) row * (COLUMNS + 1) + COLUMNS, 1);
    }
    Tensor y = real(random.gaussian(ROWS, OUTPUTS));
    Tensor found = before.copy();
    Tensor offset = Tensor.allocate(DataType.DOUBLE, OUTPUTS);
    try (var _ = new PointerScope()) {
      var equations = new NormalEquations(Libtorch.view(before), true);
      equations.addInputs(Libtorch.view(x));
      equations.addOutputs(Libtorch.view(x), Libtorch.view(y));
      equations.solve(DAMPING);
      equations.store(Libtorch.view(found), Libtorch.view(offset));
    }
    for (int output = 0; output < OUTPUTS; output++) {
      for (int column = 0; column <= COLUMNS; column++) {
        int k = output * COLUMNS + column;
        if (column < COLUMNS && before.realAt(k) == 0) {
          assertThat(found.realAt(k)).isZero();
        } else {
          double held = column < COLUMNS ? ridge(x) * (found.realAt(k) - before.realAt(k)) : 0;
          assertThat(slope(x, y, found, offset, output, column) + held).isCloseTo(0, within(1e-8));
        }
      }
    }
  }

  private static double ridge(Tensor x) {
    double squares = 0;
    for (int row = 0; row < ROWS; row++) {
      for (int column = 0; column < COLUMNS; column++) {
        squares += Math.pow(x.realAt((long) row * (COLUMNS + 1) + column), 2);
      }
    }
    return DAMPING * squares / COLUMNS;
  }

  private static double slope(
      Tensor x, Tensor y, Tensor found, Tensor offset, int output, int column) {
    double slope = 0;
    for (int row = 0; row < ROWS; row++) {
      long at = (long) row * (COLUMNS + 1);
      double off = offset.realAt(output) - y.realAt((long) row * OUTPUTS + output);
      for (int k = 0; k < COLUMNS; k++) {
        off += x.realAt(at + k) * found.realAt(output * COLUMNS + k);
      }
      slope += off * x.realAt(at + column);
    }
    return slope;
  }

  private static Tensor real(Tensor tensor) {
    Tensor real = Tensor.allocate(DataType.DOUBLE, tensor.dims());
    for (long k = 0; k < real.size(); k++) {
      real.setReal(k, tensor.realAt(k));
    }
    return real;
  }
}
