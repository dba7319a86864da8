package org.espalier.study.proof;

import java.util.Map;
import org.espalier.graph.Tensor;
import org.espalier.graph.UnsupportedModelException;
import org.espalier.prune.proof.DoublePrecision;
import org.espalier.reference.Agreement;

/**
 * What two models gave that must be equal.
 *
 * <p>Both run in ONNX Runtime, in the file's own precision; what differs by at most {@link
 * #TOLERANCE} is the same. In some deep networks sums in another order differ by more, and so do
 * numbers on the edge of two quantisation steps. Where that happens, both run in double precision
 * on libtorch. They must then agree to {@link #EXACT}, which no error of structure survives, and
 * ONNX Runtime must be as near to the exact result on the other as on the one or on the original:
 * up to {@link #NOISE} times, or where a model quantises, within {@link #STEPS} of the output's
 * scale. Of products of bytes it isn't asked, see {@link Side#saturates}.
 *
 * @param error the largest relative error of the comparison that decided
 * @param doubled whether that was the one in double precision
 * @param reason what differs; empty where the comparison holds
 */
record Comparison(double error, boolean doubled, String reason) {
  /** The relative error that counts as the same in the file's own precision. */
  static final double TOLERANCE = 1e-4;

  /** The relative error that counts as the same in double precision. */
  static final double EXACT = 1e-7;

  private static final double NOISE = 10;
  private static final double STEPS = 0.1;

  boolean holds() {
    return reason.isEmpty();
  }

  /**
   * Compares.
   *
   * @param original whose noise in ONNX Runtime, on {@code given}, is allowed too
   */
  static Comparison of(
      Side one,
      Map<String, Tensor> inputs,
      Side other,
      Map<String, Tensor> others,
      Side original,
      Map<String, Tensor> given) {
    Map<String, Tensor> expected = one.run(inputs);
    Map<String, Tensor> actual = other.run(others);
    Difference found = Difference.of(expected, actual, TOLERANCE);
    if (found.reason().isEmpty()) {
      return new Comparison(found.error(), false, "");
    }
    String sides = one.name() + " and " + other.name();
    try {
      Map<String, Tensor> exact = one.runDoubled(inputs);
      Map<String, Tensor> exactOther = other.runDoubled(others);
      Difference doubled = Difference.of(exact, exactOther, EXACT);
      if (!doubled.reason().isEmpty()) {
        String reason = "%s, in double precision: %s".formatted(sides, doubled.reason());
        return new Comparison(doubled.error(), true, reason);
      }
      double first = noise(one, inputs).error();
      Difference second = noise(other, others);
      double usual = Math.max(first, noise(original, given).error());
      boolean alike =
          second.error() <= Math.max(TOLERANCE, NOISE * usual)
              || (one.quantises() && second.toScale() <= STEPS)
              || other.saturates();
      String reason =
          "%s agree in double precision, but ONNX Runtime is %.2g off on the first, %.2g on the second"
              .formatted(sides, first, second.error());
      return new Comparison(doubled.error(), true, alike ? "" : reason);
    } catch (UnsupportedModelException beyondTorch) {
      return new Comparison(found.error(), false, sides + ": " + found.reason());
    }
  }

  /**
   * What is wrong with what another executor gave on a side's inputs; empty where nothing is. Where
   * it differs from ONNX Runtime, it may be as far from the exact result.
   */
  static String executor(Side side, Map<String, Tensor> inputs, Map<String, Tensor> outputs) {
    Map<String, Tensor> expected = side.run(inputs);
    for (Map.Entry<String, Tensor> output : expected.entrySet()) {
      Agreement agreement = Agreement.of(output.getValue(), outputs.get(output.getKey()));
      if (!agreement.holds() && !isNoise(side, inputs, outputs)) {
        return "output '%s' of the engine: %s".formatted(output.getKey(), agreement.reason());
      }
    }
    return "";
  }

  private static boolean isNoise(
      Side side, Map<String, Tensor> inputs, Map<String, Tensor> outputs) {
    try {
      Map<String, Tensor> exact = side.runDoubled(inputs);
      Difference found = Difference.of(exact, DoublePrecision.of(outputs), TOLERANCE);
      return found.error() <= NOISE * noise(side, inputs).error()
          || (side.quantises() && found.toScale() <= STEPS);
    } catch (UnsupportedModelException beyondTorch) {
      return side.quantises()
          && Difference.of(side.run(inputs), outputs, TOLERANCE).toScale() <= STEPS;
    }
  }

  /** How far ONNX Runtime is from the exact result. */
  private static Difference noise(Side side, Map<String, Tensor> inputs) {
    return Difference.of(side.runDoubled(inputs), DoublePrecision.of(side.run(inputs)), TOLERANCE);
  }
}
