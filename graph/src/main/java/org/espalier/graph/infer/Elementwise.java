package org.espalier.graph.infer;

import java.util.List;
import java.util.Map;
import org.espalier.graph.DataType;

/** Operators whose output has the shape of an input, or of several broadcast together. */
final class Elementwise {
  private static final List<String> SAME =
      List.of(
          "Acos",
          "Acosh",
          "Asin",
          "Asinh",
          "Atan",
          "Atanh",
          "BitwiseNot",
          "Celu",
          "Clip",
          "Cos",
          "Cosh",
          "Elu",
          "Erf",
          "Exp",
          "Gelu",
          "HardSigmoid",
          "HardSwish",
          "LeakyRelu",
          "Log",
          "Mish",
          "Reciprocal",
          "Relu",
          "Round",
          "Selu",
          "Shrink",
          "Sigmoid",
          "Sin",
          "Sinh",
          "Softplus",
          "Softsign",
          "Sqrt",
          "Swish",
          "Tan",
          "Tanh",
          "ThresholdedRelu",
          "com.microsoft:Gelu",
          "com.microsoft:QuickGelu");

  private static final List<String> ALONG_AXIS =
      List.of("CumProd", "CumSum", "Hardmax", "LogSoftmax", "LpNormalization", "Softmax");

  private static final List<String> BROADCAST =
      List.of("BitShift", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "Mean", "Pow", "Sum");

  private Elementwise() {}

  static void addTo(Map<String, Rule> rules) {
    SAME.forEach(op -> rules.put(op, Elementwise::same));
    ALONG_AXIS.forEach(op -> rules.put(op, Elementwise::alongAxis));
    BROADCAST.forEach(op -> rules.put(op, call -> broadcast(call, call.element(0))));
    rules.put("IsInf", call -> call.set(0, DataType.BOOL, call.dims(0)));
    rules.put("IsNaN", call -> call.set(0, DataType.BOOL, call.dims(0)));
    rules.put("PRelu", Elementwise::prelu);
    rules.put("Dropout", Elementwise::dropout);
    rules.put("Trilu", Elementwise::trilu);
    rules.put("SwiGLU", Elementwise::allSame);
    rules.put("CastLike", Elementwise::castLike);
    rules.put("BitCast", Elementwise::bitCast);
    rules.put("ai.onnx.ml:Scaler", call -> call.set(0, DataType.FLOAT, call.dims(0)));
    rules.put("Bernoulli", Elementwise::random);
    rules.put("RandomNormalLike", Elementwise::random);
    rules.put("RandomUniformLike", Elementwise::random);
    rules.put("com.microsoft:BiasGelu", call -> broadcast(call, call.element(0)));
    rules.put("com.microsoft:FastGelu", Elementwise::same);
  }

  static void same(Call call) {
    call.element(0, call.element(0));
    call.dims(0, call.dims(0));
  }

  /** The dimensions of the inputs broadcast together. */
  static Dims broadcast(Call call) {
    Dims all = call.dims(0);
    if (call.opset() < 7 && call.node().integer("broadcast", 0) != 0) {
      return all; // the second input was aligned by an attribute
    }
    for (int k = 1; k < call.inputs(); k++) {
      Dims so = all;
      int input = k;
      all =
          so.broadcast(call.dims(k))
              .orElseThrow(
                  () ->
                      call.error(
                          "input %s has shape %s, which doesn't broadcast with %s of %s"
                              .formatted(
                                  call.name(input),
                                  call.dims(input),
                                  so,
                                  input == 1 ? call.name(0) : "the inputs before it")));
    }
    return all;
  }

  static void broadcast(Call call, DataType element) {
    call.element(0, element);
    call.dims(0, broadcast(call));
  }

  private static void alongAxis(Call call) {
    same(call);
    int rank = call.dims(0).rank();
    if (call.node().has("axis") && rank > 0) {
      // The old Softmax flattens at its axis, which may then be the rank itself.
      long axis = call.node().integer("axis", 0);
      if (axis != rank || call.opset() >= 13) {
        call.axis(axis, rank);
      }
    }
  }

  private static void prelu(Call call) {
    same(call);
    Dims x = call.dims(0);
    if (call.isRanked(1) && call.opset() >= 7) { // before, a slope was given by channel
      Dims slope = call.dims(1);
      if (slope.rank() > x.rank() || x.broadcast(slope).isEmpty()) {
        throw call.error("slope %s doesn't broadcast to input %s".formatted(slope, x));
      }
    }
  }

  private static void allSame(Call call) {
    same(call);
    Dims dims = call.dims(0);
    for (int k = 1; k < call.inputs(); k++) {
      dims = unify(call, dims, k);
    }
    call.dims(0, dims);
  }

  /** The dimensions that input {@code index} has to share with {@code dims}. */
  static Dims unify(Call call, Dims dims, int index) {
    Dims other = call.dims(index, dims.rank());
    Dims both = dims;
    for (int axis = 0; axis < dims.rank(); axis++) {
      if (Dims.differ(dims.at(axis), other.at(axis))) {
        throw call.error(
            "input %s has shape %s, expected %s".formatted(call.name(index), other, dims));
      }
      both = both.with(axis, Dims.better(dims.at(axis), other.at(axis)));
    }
    return both;
  }

  private static void dropout(Call call) {
    same(call);
    call.set(1, call.opset() < 10 ? call.element(0) : DataType.BOOL, call.dims(0));
  }

  private static void trilu(Call call) {
    call.element(0, call.element(0));
    call.dims(0, call.dimsFrom(0, 2));
  }

  private static void castLike(Call call) {
    call.element(0, call.element(1));
    call.dims(0, call.dims(0));
  }

  private static void bitCast(Call call) {
    DataType to = call.elementAttribute("to", null);
    DataType from = call.element(0);
    if (to != null && from != null && to.bits() != from.bits()) {
      throw call.error("%s can't be reinterpreted as %s".formatted(from, to));
    }
    call.element(0, to);
    call.dims(0, call.dims(0));
  }

  private static void random(Call call) {
    call.element(0, call.elementAttribute("dtype", call.element(0)));
    call.dims(0, call.dims(0));
  }
}
