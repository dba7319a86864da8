package org.espalier.torch;

import java.util.List;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;

/** Operators that compute or move single elements. */
final class ElementCases extends OperatorCases {
  ElementCases(SeededRandom random) {
    super(random);
  }

  @Override
  void addAll() {
    elementwise();
    activations();
    reductions();
    movement();
    gathering();
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
}
