package org.espalier.torch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.DoubleUnaryOperator;
import org.espalier.graph.Attribute;
import org.espalier.graph.Bytes;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;

/**
 * Small applications of each operator, in double precision, with sizes that are odd or prime: what
 * their gradients are checked on. Inputs that are not doubles are not differentiated.
 */
final class GradientCases {
  /** Operators whose outputs are integers, booleans, or constants. */
  static final Set<String> WITHOUT_GRADIENT =
      Set.of(
          "And",
          "ArgMax",
          "ArgMin",
          "BitCast",
          "BitShift",
          "BitwiseAnd",
          "BitwiseNot",
          "BitwiseOr",
          "BitwiseXor",
          "ConstantOfShape",
          "ConvInteger",
          "DynamicQuantizeLinear",
          "Equal",
          "EyeLike",
          "Greater",
          "GreaterOrEqual",
          "Hardmax",
          "IsInf",
          "IsNaN",
          "Less",
          "LessOrEqual",
          "MatMulInteger",
          "NonZero",
          "Not",
          "Or",
          "QuantizeLinear",
          "Range",
          "Shape",
          "Size",
          "Xor");

  /**
   * One application.
   *
   * @param inputs null for an absent one
   */
  record Case(String op, Map<String, Attribute> attributes, List<Tensor> inputs, int outputs) {
    Case with(String key, Attribute value) {
      var changed = new LinkedHashMap<>(attributes);
      changed.put(key, value);
      return new Case(op, changed, inputs, outputs);
    }

    Case with(String key, long... values) {
      return with(key, Attribute.of(values));
    }

    Case with(String key, String value) {
      return with(key, Attribute.of(value));
    }

    Case flag(String key, long value) {
      return with(key, Attribute.of(value));
    }

    Case real(String key, double value) {
      return with(key, Attribute.of((float) value));
    }

    Case outputs(int outputs) {
      return new Case(op, attributes, inputs, outputs);
    }

    @Override
    public String toString() {
      return op + " " + attributes + " on " + inputs;
    }
  }

  private final SeededRandom random;
  private final Map<String, List<Case>> cases = new HashMap<>();

  private GradientCases(SeededRandom random) {
    this.random = random;
  }

  static Map<String, List<Case>> of(SeededRandom random) {
    var cases = new GradientCases(random);
    cases.elementwise();
    cases.activations();
    cases.reductions();
    cases.products();
    cases.windows();
    cases.normalisations();
    cases.movement();
    cases.gathering();
    cases.resizing();
    cases.recurrent();
    cases.samplingAndLosses();
    cases.composites();
    return cases.cases;
  }

  private void add(Case... several) {
    for (Case one : several) {
      cases.computeIfAbsent(one.op(), op -> new ArrayList<>()).add(one);
    }
  }

  private static Case on(String op, Tensor... inputs) {
    return new Case(op, Map.of(), Arrays.asList(inputs), 1);
  }

  /** Standard normal doubles. */
  private Tensor real(long... dims) {
    return real(x -> x, dims);
  }

  private Tensor real(DoubleUnaryOperator map, long... dims) {
    double[] values = new double[(int) Tensor.elements(dims)];
    Arrays.setAll(values, k -> map.applyAsDouble(random.nextGaussian()));
    return dims.length == 0 ? Tensor.of(values).reshape() : Tensor.of(values, dims);
  }

  private Tensor positive(long... dims) {
    return real(x -> Math.abs(x) + 0.3, dims);
  }

  private static Tensor ints(long... values) {
    return Tensor.of(values);
  }

  private void unary(DoubleUnaryOperator map, String... ops) {
    for (String op : ops) {
      add(on(op, real(map, 3, 5)));
    }
  }

  private void elementwise() {
    unary(x -> x, "Abs", "Asinh", "Atan", "Ceil", "Cos", "Cosh", "Erf", "Exp", "Floor", "Neg");
    unary(x -> x, "Round", "Sign", "Sin", "Sinh", "Identity");
    unary(Math::tanh, "Acos", "Asin", "Atanh", "Tan");
    unary(x -> 1.5 + Math.abs(x), "Acosh", "Log", "Reciprocal", "Sqrt");
    for (String op : List.of("Add", "Sub", "Mul", "Max", "Min", "Sum", "Mean")) {
      add(on(op, real(3, 5), real(3, 5)), on(op, real(2, 1, 5), real(3, 1)));
    }
    for (String op : List.of("Max", "Min", "Sum", "Mean")) {
      add(on(op, real(3, 5), real(5), real(3, 1)), on(op, real(3)));
    }
    add(on("Div", real(3, 5), positive(5)));
    add(on("Pow", positive(3, 5), real(5)), on("Pow", positive(3, 5), real(x -> 3)));
    add(on("Pow", real(3, 5), Tensor.of(new long[] {2})));
    add(on("Mod", real(3, 5), positive(5)).flag("fmod", 1));
    add(on("Where", Tensor.of(new boolean[] {true, false, true}, 3, 1), real(3, 5), real(5)));
    add(on("Clip", real(3, 5), Tensor.of(new double[] {-0.5}).reshape(), real(x -> 0.7)));
    add(on("Clip", real(3, 5), null, real(x -> 0.7)));
    add(on("Cast", real(3, 5)).flag("to", 11));
    add(on("CastLike", real(3, 5), real(1)));
  }

  private void activations() {
    unary(x -> x, "Relu", "Sigmoid", "Tanh", "LeakyRelu", "Elu", "Celu", "Selu", "Softplus");
    unary(x -> x, "Softsign", "HardSigmoid", "Mish", "Swish", "Gelu", "Shrink", "Dropout");
    unary(x -> 2 * x, "HardSwish", "ThresholdedRelu");
    add(on("Gelu", real(7)).with("approximate", "tanh"));
    for (String op : List.of("LeakyRelu", "Elu", "Celu", "Swish", "ThresholdedRelu")) {
      add(on(op, real(7)).real("alpha", 0.7));
    }
    add(on("Selu", real(7)).real("alpha", 0.7).real("gamma", 1.3));
    add(on("HardSigmoid", real(7)).real("alpha", 0.7).real("beta", 0.3));
    add(on("Shrink", real(7)).real("lambd", 0.3).real("bias", 0.2));
    add(on("PRelu", real(2, 3, 5), real(3, 1)));
  }

  private void reductions() {
    for (String op :
        List.of(
            "ReduceSum",
            "ReduceMean",
            "ReduceMax",
            "ReduceMin",
            "ReduceProd",
            "ReduceL1",
            "ReduceL2",
            "ReduceSumSquare",
            "ReduceLogSum",
            "ReduceLogSumExp")) {
      add(
          on(op, positive(2, 3, 5)),
          on(op, positive(2, 3, 5), ints(1, -1)).flag("keepdims", 0),
          on(op, positive(2, 3)).flag("noop_with_empty_axes", 1));
    }
    add(on("CumSum", real(3, 5), ints(1).reshape()));
    add(on("CumSum", real(3, 5), ints(0).reshape()).flag("exclusive", 1).flag("reverse", 1));
    add(on("CumProd", real(3, 5), ints(1).reshape()).flag("exclusive", 1));
    add(on("CumProd", real(3, 5), ints(-2).reshape()).flag("reverse", 1));
  }

  private void products() {
    add(on("MatMul", real(3, 5), real(5, 2)), on("MatMul", real(2, 1, 3, 5), real(4, 5, 2)));
    add(on("MatMul", real(5), real(5, 2)), on("MatMul", real(3, 5), real(5)));
    add(on("Gemm", real(3, 5), real(5, 2), real(2)), on("Gemm", real(3, 5), real(5, 2)));
    add(
        on("Gemm", real(5, 3), real(2, 5), real(3, 1))
            .flag("transA", 1)
            .flag("transB", 1)
            .real("alpha", 0.7)
            .real("beta", 1.3));
    add(on("Einsum", real(2, 3, 5), real(2, 5, 3)).with("equation", "bij, bjk -> bik"));
    add(on("Einsum", real(3, 3)).with("equation", "ii->i"));
  }

  private void windows() {
    add(on("Conv", real(2, 3, 7), real(5, 3, 3), real(5)));
    add(
        on("Conv", real(1, 4, 5, 6), real(6, 2, 3, 2))
            .flag("group", 2)
            .with("strides", 2, 1)
            .with("dilations", 1, 2)
            .with("pads", 0, 1, 2, 3));
    add(on("Conv", real(1, 2, 5, 5), real(3, 2, 3, 3)).with("auto_pad", "SAME_LOWER"));
    add(
        on("Conv", real(1, 1, 3, 4, 3), real(2, 1, 2, 2, 2), real(2))
            .with("pads", 1, 1, 1, 1, 1, 1));
    add(on("ConvTranspose", real(1, 3, 4), real(3, 2, 3), real(2)).with("strides", 2));
    add(
        on("ConvTranspose", real(1, 4, 3, 4), real(4, 2, 3, 3), real(4))
            .flag("group", 2)
            .with("strides", 2, 3)
            .with("pads", 1, 0, 2, 1)
            .with("output_padding", 1, 2));
    add(
        on("ConvTranspose", real(1, 2, 3, 3), real(2, 1, 3, 3))
            .with("strides", 2, 2)
            .with("auto_pad", "SAME_UPPER"));
    for (String op : List.of("MaxPool", "AveragePool", "LpPool")) {
      add(on(op, real(1, 2, 7)).with("kernel_shape", 3).with("strides", 2).with("pads", 1, 0));
      add(
          on(op, real(1, 2, 6, 7))
              .with("kernel_shape", 3, 2)
              .with("strides", 2, 2)
              .with("pads", 1, 0, 1, 1)
              .flag("ceil_mode", 1));
      add(
          on(op, real(1, 1, 7, 7))
              .with("kernel_shape", 3, 2)
              .with("dilations", 2, 3)
              .with("pads", 1, 1, 1, 1));
      add(on(op, real(1, 1, 5, 5)).with("kernel_shape", 3, 3).with("auto_pad", "SAME_UPPER"));
      add(on(op, real(1, 1, 4, 3, 4)).with("kernel_shape", 2, 2, 3));
    }
    add(
        on("AveragePool", real(1, 1, 5, 5))
            .with("kernel_shape", 3, 3)
            .with("strides", 2, 2)
            .with("pads", 1, 1, 1, 1)
            .flag("count_include_pad", 1));
    for (String op : List.of("GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool")) {
      add(on(op, real(2, 3, 4, 5)), on(op, real(1, 2, 7)));
    }
  }

  private void normalisations() {
    add(on("BatchNormalization", real(2, 3, 5), real(3), real(3), real(3), positive(3)));
    add(on("InstanceNormalization", real(2, 3, 5), real(3), real(3)));
    add(on("LayerNormalization", real(2, 3, 5), real(5), real(5)));
    add(
        on("LayerNormalization", real(2, 3, 5), real(3, 5))
            .flag("axis", 1)
            .flag("stash_type", 11)
            .outputs(3)
            .real("epsilon", 0.1));
    add(on("LayerNormalization", real(2, 3, 5), real(1), real(3, 1)).flag("axis", 2));
    add(on("GroupNormalization", real(2, 6, 5), real(6), real(6)).flag("num_groups", 3));
    add(on("RMSNormalization", real(2, 3, 5), real(3, 5)).flag("axis", 1));
    add(on("LRN", real(1, 5, 3, 2)).flag("size", 3).real("alpha", 0.7).real("bias", 2));
    add(on("LRN", real(1, 5, 3, 2)).flag("size", 4).real("alpha", 0.7).real("beta", 0.5));
    add(on("LpNormalization", real(3, 5)), on("LpNormalization", real(3, 5)).flag("p", 1));
    add(on("MeanVarianceNormalization", real(2, 3, 2, 2)));
    add(on("Softmax", real(2, 3, 5)).flag("axis", 1), on("LogSoftmax", real(2, 3)));
  }

  private void movement() {
    add(on("Reshape", real(2, 3, 5), ints(0, -1, 3)), on("Flatten", real(2, 3, 5)));
    add(on("Transpose", real(2, 3, 5)), on("Transpose", real(2, 3, 5)).with("perm", 1, 2, 0));
    add(on("Squeeze", real(2, 1, 3, 1)), on("Squeeze", real(2, 1, 3, 1), ints(-1)));
    add(on("Unsqueeze", real(2, 3), ints(0, -1)));
    add(on("Concat", real(2, 3), real(2, 5), real(2, 1)).flag("axis", -1));
    add(on("Split", real(2, 7), ints(3, 4)).flag("axis", 1).outputs(2));
    add(on("Split", real(7, 2)).flag("num_outputs", 3).outputs(3));
    add(on("Slice", real(5, 7), ints(1, -1), ints(4, -7), ints(0, 1), ints(1, -2)));
    add(on("Slice", real(5, 7), ints(-3), ints(Long.MAX_VALUE), ints(-1)));
    for (String mode : List.of("constant", "reflect", "edge", "wrap")) {
      add(on("Pad", real(3, 5), ints(1, 2, 0, -1)).with("mode", mode));
    }
    add(on("Pad", real(3, 5), ints(2, 1), real(x -> 0.5), ints(-1)).with("mode", "constant"));
    add(on("Expand", real(3, 1), ints(2, 1, 5)), on("Tile", real(2, 3), ints(2, 3)));
    add(on("DepthToSpace", real(1, 8, 2, 3)).flag("blocksize", 2));
    add(on("DepthToSpace", real(1, 8, 2, 3)).flag("blocksize", 2).with("mode", "CRD"));
    add(on("SpaceToDepth", real(1, 2, 4, 6)).flag("blocksize", 2));
    add(on("Trilu", real(3, 5)), on("Trilu", real(3, 5), ints(1).reshape()).flag("upper", 0));
  }

  private void gathering() {
    add(on("Gather", real(5, 3), Tensor.of(new long[] {1, -1, 1, 0}, 2, 2)));
    add(on("Gather", real(2, 5, 3), ints(2).reshape()).flag("axis", 1));
    add(
        on("GatherElements", real(3, 5), Tensor.of(new long[] {4, -1, 0, 0}, 2, 2))
            .flag("axis", 1));
    add(on("GatherND", real(3, 5, 2), Tensor.of(new long[] {0, 1, -1, 4}, 2, 2)));
    add(on("GatherND", real(2, 3, 5), Tensor.of(new long[] {1, 2}, 2, 1)).flag("batch_dims", 1));
    for (String reduction : List.of("none", "add", "mul", "max", "min")) {
      add(
          on("ScatterElements", real(3, 5), Tensor.of(new long[] {4, 1, 0, -2}, 2, 2), real(2, 2))
              .flag("axis", 1)
              .with("reduction", reduction));
      add(
          on("ScatterND", real(5, 3), Tensor.of(new long[] {1, -1}, 2, 1), real(2, 3))
              .with("reduction", reduction));
    }
    add(on("TensorScatter", real(2, 3, 5, 2), real(2, 3, 2, 2), ints(1, 3)));
    add(
        on("TensorScatter", real(2, 3, 5, 2), real(2, 3, 2, 2), ints(1, 4))
            .with("mode", "circular"));
    add(on("OneHot", ints(1, -1, 7), ints(4), real(2)));
    add(
        on("TopK", real(3, 7), ints(3)).outputs(1),
        on("TopK", real(7), ints(2)).flag("largest", 0));
    add(on("Compress", real(3, 4), Tensor.of(new boolean[] {false, true, true})).flag("axis", 0));
    add(on("Compress", real(3, 4), Tensor.of(new boolean[] {false, true, true})));
    add(on("DequantizeLinear", Tensor.of(new int[] {3, -4, 7}), real(3)).flag("axis", 0));
  }

  private void resizing() {
    Tensor none = null;
    for (String mode : List.of("nearest", "linear", "cubic")) {
      for (String coordinates :
          List.of("half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel")) {
        add(
            on("Resize", real(1, 1, 3, 4), none, none, ints(1, 1, 5, 3))
                .with("mode", mode)
                .with("coordinate_transformation_mode", coordinates));
      }
    }
    add(
        on("Resize", real(1, 1, 7, 6), none, none, ints(4, 3))
            .with("axes", 2, 3)
            .with("mode", "cubic")
            .flag("antialias", 1)
            .flag("exclude_outside", 1));
    add(
        on("Resize", real(2, 5), none, Tensor.of(new float[] {1, 0.6f}))
            .with("mode", "linear")
            .flag("antialias", 1));
  }

  private void recurrent() {
    int steps = 3;
    int batch = 2;
    int size = 2;
    int in = 3;
    Map<String, Integer> gates = Map.of("RNN", 1, "GRU", 3, "LSTM", 4);
    gates.forEach(
        (op, count) -> {
          int wide = count * size;
          int last = op.equals("LSTM") ? 3 : 2;
          add(
              on(op, real(steps, batch, in), real(1, wide, in), real(1, wide, size))
                  .flag("hidden_size", size)
                  .outputs(last));
          var inputs =
              new ArrayList<Tensor>(
                  List.of(
                      real(steps, batch, in),
                      real(2, wide, in),
                      real(2, wide, size),
                      real(2, 2L * wide),
                      Tensor.of(new int[] {3, 2}),
                      real(2, batch, size)));
          if (op.equals("LSTM")) {
            inputs.add(real(2, batch, size));
            inputs.add(real(2, 3L * size));
          }
          add(
              new Case(op, Map.of(), inputs, last)
                  .with("direction", "bidirectional")
                  .flag("hidden_size", size)
                  .flag("linear_before_reset", 1)
                  .real("clip", 1.5));
        });
    add(
        on("LSTM", real(steps, batch, in), real(1, 8, in), real(1, 8, size))
            .with("direction", "reverse")
            .flag("input_forget", 1)
            .with(
                "activations",
                new Attribute.StringValues(
                    List.of(Bytes.utf8("HardSigmoid"), Bytes.utf8("Affine"), Bytes.utf8("Elu"))))
            .with("activation_alpha", Attribute.ofFloats(List.of(0.3f, 0.8f, 0.7f)))
            .with("activation_beta", Attribute.ofFloats(List.of(0.4f, 0.1f)))
            .flag("hidden_size", size));
  }

  private void samplingAndLosses() {
    for (String mode : List.of("linear", "cubic", "nearest")) {
      add(on("GridSample", real(1, 2, 4, 5), real(Math::tanh, 1, 3, 2, 2)).with("mode", mode));
    }
    add(
        on("GridSample", real(1, 2, 4, 5), real(1, 3, 2, 2))
            .with("padding_mode", "border")
            .flag("align_corners", 1));
    add(on("AffineGrid", real(2, 2, 3), ints(2, 1, 3, 5)));
    add(on("CenterCropPad", real(3, 6), ints(5, 3)), on("Det", real(2, 3, 3)));
    Tensor classes = Tensor.of(new long[] {1, 0, 2, 2, 1, 0}, 2, 3);
    for (String op : List.of("NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss")) {
      for (String reduction : List.of("none", "mean", "sum")) {
        add(
            on(op, real(2, 4, 3), classes, positive(4))
                .with("reduction", reduction)
                .flag("ignore_index", 2));
      }
    }
  }

  /** Operators that libtorch does in parts. */
  private void composites() {
    add(on("Attention", real(1, 2, 3, 4), real(1, 2, 5, 4), real(1, 2, 5, 3)));
    add(
        on("Attention", real(2, 3, 8), real(2, 3, 4), real(2, 3, 4), real(3, 3))
            .flag("q_num_heads", 4)
            .flag("kv_num_heads", 2)
            .flag("is_causal", 1)
            .real("softcap", 2));
    add(on("RotaryEmbedding", real(1, 2, 3, 4), real(1, 3, 2), real(1, 3, 2)));
    add(on("SwiGLU", real(2, 3), real(2, 3)));
  }
}
