package org.espalier.torch;

import static org.espalier.torch.Call.scalar;

import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** ONNX's loss functions: scores [N, C, d...] against classes [N, d...]. */
final class Losses {
  private Losses() {}

  static void register(Rules.Table table) {
    table.single(
        "NegativeLogLikelihoodLoss",
        call -> negativeLogLikelihood(call, call.in(0), call.in(1), 2));
    table.several("SoftmaxCrossEntropyLoss", Losses::softmaxCrossEntropy);
  }

  private static Tensor[] softmaxCrossEntropy(Call call) {
    Tensor logarithms = call.in(0).log_softmax(1, Call.sameType());
    return new Tensor[] {negativeLogLikelihood(call, logarithms, call.in(1), 2), logarithms};
  }

  private static Tensor negativeLogLikelihood(
      Call call, Tensor scores, Tensor classes, int weights) {
    Tensor wide = classes.to(ScalarType.Long);
    Tensor counted =
        call.node().has("ignore_index")
            ? wide.ne(scalar(call.node().integer("ignore_index", 0)))
            : torch.ones_like(wide).to(ScalarType.Bool);
    Tensor known = torch.where(counted, wide, torch.zeros_like(wide));
    Tensor weight = counted.to(scores.scalar_type());
    if (call.has(weights)) {
      long[] shape = Libtorch.shape(known);
      Tensor each = call.in(weights).index_select(0, known.reshape(-1)).reshape(shape);
      weight = weight.mul(each);
    }
    Tensor picked = scores.gather(1, known.unsqueeze(1)).squeeze(1).neg().mul(weight);
    return switch (call.node().text("reduction", "mean")) {
      case "none" -> picked;
      case "sum" -> total(picked);
      default -> total(picked).div(total(weight));
    };
  }

  private static Tensor total(Tensor x) {
    long[] axes = new long[(int) x.dim()];
    Arrays.setAll(axes, axis -> axis);
    return x.sum(axes, false, Call.sameType());
  }
}
