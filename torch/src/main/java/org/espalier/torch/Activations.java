package org.espalier.torch;

import static org.espalier.torch.Call.scalar;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Activation functions. */
final class Activations {
  private Activations() {}

  static void register(Rules.Table table) {
    table.single("Relu", call -> call.in(0).relu());
    table.single("Sigmoid", call -> call.in(0).sigmoid());
    table.single("Tanh", call -> call.in(0).tanh());
    table.single("LeakyRelu", call -> torch.leaky_relu(call.in(0), scalar(alpha(call, 0.01f))));
    table.single(
        "Elu", call -> torch.elu(call.in(0), scalar(alpha(call, 1)), scalar(1.0), scalar(1.0)));
    table.single("Celu", Activations::celu);
    table.single(
        "Selu",
        call ->
            torch.elu(
                call.in(0),
                scalar(alpha(call, 1.6732632f)),
                scalar((double) call.node().real("gamma", 1.050701f)),
                scalar(1.0)));
    table.single("Softplus", call -> torch.softplus(call.in(0), scalar(1.0), scalar(40.0)));
    table.single("Softsign", call -> call.in(0).div(call.in(0).abs().add(scalar(1.0))));
    table.single(
        "HardSigmoid",
        call -> hardSigmoid(call.in(0), alpha(call, 0.2f), call.node().real("beta", 0.5f)));
    table.single("HardSwish", call -> call.in(0).mul(hardSigmoid(call.in(0), 1 / 6.0, 0.5)));
    table.single("Mish", call -> torch.mish(call.in(0)));
    table.single("Swish", Activations::swish);
    table.single("Gelu", call -> torch.gelu(call.in(0), call.node().text("approximate", "none")));
    table.single("ThresholdedRelu", Activations::thresholdedRelu);
    table.single("Shrink", Activations::shrink);
    table.single("PRelu", Activations::prelu);
    table.several("Dropout", Activations::dropout);
  }

  private static double alpha(Call call, float otherwise) {
    return call.node().real("alpha", otherwise);
  }

  private static Tensor celu(Call call) {
    double alpha = alpha(call, 1);
    return torch.elu(call.in(0), scalar(alpha), scalar(1.0), scalar(1 / alpha));
  }

  static Tensor hardSigmoid(Tensor x, double alpha, double beta) {
    return torch.hardtanh(x.mul(scalar(alpha)).add(scalar(beta)), scalar(0.0), scalar(1.0));
  }

  private static Tensor swish(Call call) {
    Tensor x = call.in(0);
    double alpha = alpha(call, 1);
    return alpha == 1 ? torch.silu(x) : x.mul(x.mul(scalar(alpha)).sigmoid());
  }

  private static Tensor thresholdedRelu(Call call) {
    Tensor x = call.in(0);
    return torch.where(x.gt(scalar(alpha(call, 1))), x, torch.zeros_like(x));
  }

  private static Tensor shrink(Call call) {
    Tensor x = call.in(0);
    double lambda = call.node().real("lambd", 0.5f);
    double bias = call.node().real("bias", 0);
    Tensor shrunk = torch.where(x.gt(scalar(lambda)), x.sub(scalar(bias)), torch.zeros_like(x));
    return torch.where(x.lt(scalar(-lambda)), x.add(scalar(bias)), shrunk).to(x.scalar_type());
  }

  private static Tensor prelu(Call call) {
    Tensor x = call.in(0);
    return torch.where(x.lt(scalar(0.0)), x.mul(call.in(1)), x);
  }

  /**
   * Drops in training only, whatever the file's own training flag: a pass with {@link Mode#EVAL}
   * always gives the same.
   */
  private static Tensor[] dropout(Call call) {
    Tensor x = call.in(0);
    double ratio = call.has(1) ? call.real(1) : 0.5;
    if (call.mode() == Mode.EVAL || ratio == 0) {
      return call.wants(1)
          ? new Tensor[] {x, torch.ones_like(x).to(torch.ScalarType.Bool)}
          : new Tensor[] {x};
    }
    Tensor kept = torch.rand_like(x).ge(scalar(ratio));
    return new Tensor[] {x.mul(kept).div(scalar(1 - ratio)), kept};
  }
}
