package org.espalier.graph.eval;

import java.util.function.DoubleUnaryOperator;

/**
 * One step of a recurrent layer, in one direction, for one sequence. Formulas and the order of the
 * gates are ONNX's; what goes into an activation is clipped first.
 */
sealed interface RecurrentCell {
  /** Takes in one step's features; {@code h} and {@code c} hold the state and get the next. */
  void step(double[] x, double[] h, double[] c);

  /**
   * What all cells have.
   *
   * @param input [features, gates * hidden]
   * @param recurrence [hidden, gates * hidden]
   * @param inputBias one for each row of the gates, like {@code recurrenceBias}
   */
  record Weights(
      int hidden,
      double[] input,
      double[] recurrence,
      double[] inputBias,
      double[] recurrenceBias,
      double clip) {

    /** The input's share of all gates. */
    double[] gates(double[] x) {
      double[] gates = inputBias.clone();
      add(x, input, 0, gates.length, gates);
      return gates;
    }

    /** Adds the state's share of the gates from row {@code from} to {@code to}. */
    void recur(double[] h, int from, int to, double[] gates) {
      for (int row = from; row < to; row++) {
        gates[row] += recurrenceBias[row];
      }
      add(h, recurrence, from, to, gates);
    }

    private void add(double[] x, double[] matrix, int from, int to, double[] sums) {
      int width = inputBias.length;
      for (int k = 0; k < x.length; k++) {
        double value = x[k];
        int at = k * width;
        for (int row = from; row < to; row++) {
          sums[row] += value * matrix[at + row];
        }
      }
    }

    double apply(DoubleUnaryOperator curve, double value) {
      return curve.applyAsDouble(Math.clamp(value, -clip, clip));
    }
  }

  /** {@code h' = f(Wx + Rh + b)}. */
  record Plain(Weights weights, DoubleUnaryOperator f) implements RecurrentCell {
    @Override
    public void step(double[] x, double[] h, double[] c) {
      double[] gates = weights.gates(x);
      weights.recur(h, 0, gates.length, gates);
      for (int k = 0; k < h.length; k++) {
        h[k] = weights.apply(f, gates[k]);
      }
    }
  }

  /** Gates z (update), r (reset), h (hidden): {@code h' = (1 - z) * g(...) + z * h}. */
  record Gru(
      Weights weights, DoubleUnaryOperator f, DoubleUnaryOperator g, boolean linearBeforeReset)
      implements RecurrentCell {
    @Override
    public void step(double[] x, double[] h, double[] c) {
      int n = h.length;
      double[] gates = weights.gates(x);
      weights.recur(h, 0, 2 * n, gates);
      double[] reset = new double[n];
      for (int k = 0; k < n; k++) {
        reset[k] = weights.apply(f, gates[n + k]);
      }
      double[] inner = new double[3 * n];
      if (linearBeforeReset) {
        weights.recur(h, 2 * n, 3 * n, inner);
      } else {
        double[] kept = new double[n];
        for (int k = 0; k < n; k++) {
          kept[k] = reset[k] * h[k];
        }
        weights.recur(kept, 2 * n, 3 * n, inner);
      }
      for (int k = 0; k < n; k++) {
        double update = weights.apply(f, gates[k]);
        double recurrent = linearBeforeReset ? reset[k] * inner[2 * n + k] : inner[2 * n + k];
        double next = weights.apply(g, gates[2 * n + k] + recurrent);
        h[k] = (1 - update) * next + update * h[k];
      }
    }
  }

  /**
   * Gates i (input), o (output), f (forget), c (cell): {@code c' = f * c + i * g(...)}, {@code h' =
   * o * h(c')}.
   *
   * @param peepholes of i, o and f
   * @param curves f, g and h
   * @param coupled whether the forget gate is {@code 1 - i}
   */
  record Lstm(Weights weights, double[] peepholes, DoubleUnaryOperator[] curves, boolean coupled)
      implements RecurrentCell {
    @Override
    public void step(double[] x, double[] h, double[] c) {
      int n = h.length;
      double[] gates = weights.gates(x);
      weights.recur(h, 0, gates.length, gates);
      for (int k = 0; k < n; k++) {
        double in = weights.apply(curves[0], gates[k] + peepholes[k] * c[k]);
        double forget =
            coupled
                ? 1 - in
                : weights.apply(curves[0], gates[2 * n + k] + peepholes[2 * n + k] * c[k]);
        c[k] = forget * c[k] + in * weights.apply(curves[1], gates[3 * n + k]);
        double out = weights.apply(curves[0], gates[n + k] + peepholes[n + k] * c[k]);
        h[k] = out * curves[2].applyAsDouble(c[k]);
      }
    }
  }
}
