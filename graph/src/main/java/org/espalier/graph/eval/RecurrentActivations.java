package org.espalier.graph.eval;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;

/**
 * The activations of a recurrent node: {@code activations} names them for each direction in turn,
 * {@code activation_alpha} and {@code activation_beta} hold the parameters of those that take any.
 */
final class RecurrentActivations {
  private static final Map<String, List<String>> USUAL =
      Map.of(
          "RNN", List.of("Tanh"),
          "GRU", List.of("Sigmoid", "Tanh"),
          "LSTM", List.of("Sigmoid", "Tanh", "Tanh"));

  private final Call call;
  private int alphas;
  private int betas;

  private RecurrentActivations(Call call) {
    this.call = call;
  }

  /** The activations of one direction, in the order f, g, h. */
  static DoubleUnaryOperator[] of(Call call, int direction, int directions) {
    List<String> usual = USUAL.get(call.node().op());
    List<String> named = call.node().strings("activations");
    if (!named.isEmpty() && named.size() < usual.size() * directions) {
      throw call.invalid(
          "activations %s, expected %d for each of %d directions"
              .formatted(named, usual.size(), directions));
    }
    var reader = new RecurrentActivations(call);
    var curves = new DoubleUnaryOperator[usual.size()];
    // Earlier directions' activations are read too: their parameters come first.
    for (int k = 0; k < usual.size() * (direction + 1); k++) {
      int place = k % usual.size();
      curves[place] = reader.curve(named.isEmpty() ? usual.get(place) : named.get(k));
    }
    return curves;
  }

  private double alpha(double otherwise) {
    return parameter("activation_alpha", alphas++, otherwise);
  }

  private double beta(double otherwise) {
    return parameter("activation_beta", betas++, otherwise);
  }

  private double parameter(String key, int index, double otherwise) {
    List<Float> values = call.node().reals(key);
    return index < values.size() ? values.get(index) : otherwise;
  }

  private DoubleUnaryOperator curve(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "relu" -> v -> Math.max(v, 0);
      case "tanh" -> Math::tanh;
      case "sigmoid" -> v -> 1 / (1 + Math.exp(-v));
      case "softsign" -> v -> v / (1 + Math.abs(v));
      case "softplus" -> v -> Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v)));
      case "leakyrelu" -> {
        double alpha = alpha(0.01f);
        yield v -> v >= 0 ? v : alpha * v;
      }
      case "thresholdedrelu" -> {
        double alpha = alpha(1);
        yield v -> v > alpha ? v : 0;
      }
      case "elu" -> {
        double alpha = alpha(1);
        yield v -> v >= 0 ? v : alpha * Math.expm1(v);
      }
      case "affine" -> {
        double alpha = alpha(1);
        double beta = beta(0);
        yield v -> alpha * v + beta;
      }
      case "scaledtanh" -> {
        double alpha = alpha(1);
        double beta = beta(1);
        yield v -> alpha * Math.tanh(beta * v);
      }
      case "hardsigmoid" -> {
        double alpha = alpha(0.2f);
        double beta = beta(0.5);
        yield v -> Math.clamp(alpha * v + beta, 0, 1);
      }
      default -> throw call.unsupported("activation '" + name + "'");
    };
  }
}
