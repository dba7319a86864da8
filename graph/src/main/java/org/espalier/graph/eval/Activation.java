package org.espalier.graph.eval;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/** Activation functions, each elementwise. */
final class Activation {
  private Activation() {}

  static void register(Map<String, Rule> rules) {
    rules.put("Relu", Activation::relu);
    rules.put("Sigmoid", Unary.real(Activation::sigmoid));
    rules.put("Softplus", Unary.real(Activation::softplus));
    rules.put("Softsign", Unary.real(x -> x / (1 + Math.abs(x))));
    rules.put("Mish", Unary.real(x -> x * Math.tanh(softplus(x))));
    rules.put("HardSwish", Unary.real(x -> x * clamp(x / 6 + 0.5)));
    rules.put("Elu", Unary.shaped(Activation::elu));
    rules.put("Celu", Unary.shaped(Activation::celu));
    rules.put("Selu", Unary.shaped(Activation::selu));
    rules.put("LeakyRelu", Unary.shaped(Activation::leakyRelu));
    rules.put("HardSigmoid", Unary.shaped(Activation::hardSigmoid));
    rules.put("ThresholdedRelu", Unary.shaped(Activation::thresholdedRelu));
    rules.put("Swish", Unary.shaped(Activation::swish));
    rules.put("Gelu", Unary.shaped(Activation::gelu));
    rules.put("Shrink", Activation::shrink);
    rules.put("PRelu", Activation::prelu);
    rules.put("SwiGLU", Activation::swiglu);
  }

  private static List<Tensor> relu(Call call) {
    Tensor x = call.input(0);
    if (x.type() == DataType.FLOAT) {
      return List.of(
          Elementwise.floats(
              x,
              (lane, n) -> {
                for (int k = 0; k < n; k++) {
                  lane[k] = Math.max(lane[k], 0);
                }
              }));
    }
    return List.of(
        x.type().isInteger() && !x.type().isUnsigned()
            ? Elementwise.integers(x, x.type(), v -> Math.max(v, 0))
            : Elementwise.reals(Unary.floats(call, 0), x.type(), v -> Math.max(v, 0)));
  }

  static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  /** log(1 + exp(x)), for large x too. */
  static double softplus(double x) {
    return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  }

  private static double clamp(double x) {
    return Math.max(0, Math.min(1, x));
  }

  private static DoubleUnaryOperator elu(Call call) {
    double alpha = call.node().real("alpha", 1);
    return x -> x < 0 ? alpha * Math.expm1(x) : x;
  }

  private static DoubleUnaryOperator celu(Call call) {
    double alpha = call.node().real("alpha", 1);
    return x -> x < 0 ? alpha * Math.expm1(x / alpha) : x;
  }

  private static DoubleUnaryOperator selu(Call call) {
    double alpha = call.node().real("alpha", 1.6732632f);
    double gamma = call.node().real("gamma", 1.050701f);
    return x -> gamma * (x > 0 ? x : alpha * Math.expm1(x));
  }

  private static DoubleUnaryOperator leakyRelu(Call call) {
    double alpha = call.node().real("alpha", 0.01f);
    return x -> x < 0 ? alpha * x : x;
  }

  private static DoubleUnaryOperator hardSigmoid(Call call) {
    double alpha = call.node().real("alpha", 0.2f);
    double beta = call.node().real("beta", 0.5f);
    return x -> clamp(alpha * x + beta);
  }

  private static DoubleUnaryOperator thresholdedRelu(Call call) {
    double alpha = call.node().real("alpha", 1);
    return x -> x > alpha ? x : Double.isNaN(x) ? x : 0;
  }

  private static DoubleUnaryOperator swish(Call call) {
    double alpha = call.node().real("alpha", 1);
    return x -> x * sigmoid(alpha * x);
  }

  private static DoubleUnaryOperator gelu(Call call) {
    return switch (call.node().text("approximate", "none")) {
      case "none" -> x -> 0.5 * x * (1 + ErrorFunction.erf(x * Math.sqrt(0.5)));
      case "tanh" ->
          x -> 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
      case String other -> throw call.invalid("approximate is '" + other + "'");
    };
  }

  private static List<Tensor> shrink(Call call) {
    double lambda = call.node().real("lambd", 0.5f);
    double bias = call.node().real("bias", 0);
    Tensor x = call.input(0);
    if (!x.type().isFloat() && !x.type().isInteger()) {
      throw call.unsupported(x.type());
    }
    return List.of(
        Elementwise.reals(x, x.type(), v -> v < -lambda ? v + bias : v > lambda ? v - bias : 0));
  }

  private static List<Tensor> prelu(Call call) {
    Tensor x = call.input(0);
    Tensor slope = call.input(1);
    if (x.type() != slope.type()) {
      throw call.invalid("x is %s, slope is %s".formatted(x, slope));
    }
    Tensor y =
        x.type().isInteger()
            ? Elementwise.integers(
                call,
                x,
                slope,
                x.type(),
                x.type().isUnsigned() ? (a, b) -> a : (a, b) -> a < 0 ? a * b : a)
            : Elementwise.reals(
                call, Unary.floats(call, 0), slope, x.type(), (a, b) -> a < 0 ? a * b : a);
    if (!Arrays.equals(y.dims(), x.dims())) {
      throw call.invalid("slope %s doesn't broadcast to x %s".formatted(slope, x));
    }
    return List.of(y);
  }

  private static List<Tensor> swiglu(Call call) {
    double alpha = call.node().real("alpha", 1);
    Tensor a = Unary.floats(call, 0);
    Tensor b = call.input(1);
    if (a.type() != b.type() || !Arrays.equals(a.dims(), b.dims())) {
      throw call.invalid("A is %s, B is %s, expected the same".formatted(a, b));
    }
    return List.of(Elementwise.reals(call, a, b, a.type(), (x, y) -> x * sigmoid(alpha * x) * y));
  }
}
