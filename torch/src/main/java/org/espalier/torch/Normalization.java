package org.espalier.torch;

import static org.espalier.torch.Call.scalar;

import java.util.Arrays;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Normalisations, and softmax with its relatives. */
final class Normalization {
  private Normalization() {}

  static void register(Rules.Table table) {
    table.several("BatchNormalization", Normalization::batch);
    table.single("InstanceNormalization", Normalization::instance);
    table.several("LayerNormalization", Normalization::layer);
    table.single("GroupNormalization", Normalization::group);
    table.single("RMSNormalization", Normalization::rms);
    table.single("LRN", Normalization::local);
    table.single("LpNormalization", Normalization::lp);
    table.single("MeanVarianceNormalization", Normalization::meanVariance);
    table.single("Softmax", call -> call.in(0).softmax(axis(call), Call.sameType()));
    table.single("LogSoftmax", call -> call.in(0).log_softmax(axis(call), Call.sameType()));
    table.single("Hardmax", Normalization::hardmax);
  }

  private static int axis(Call call) {
    return call.axis("axis", -1, call.in(0).dim());
  }

  private static double epsilon(Call call) {
    return call.node().real("epsilon", 1e-5f);
  }

  /**
   * In training the batch's own statistics normalise it, and the running ones, which are the
   * weights of the model themselves, move towards them: by {@code 1 - momentum}, and with the
   * variance of a population, as ONNX has it and libtorch has not.
   */
  private static Tensor[] batch(Call call) {
    Tensor x = call.in(0);
    Tensor mean = call.in(3);
    Tensor variance = call.in(4);
    ScalarType type = x.scalar_type();
    if (mean.requires_grad() || variance.requires_grad()) {
      return new Tensor[] {byFormula(call)};
    }
    if (call.mode() == Mode.EVAL && !call.flag("training_mode", false)) {
      return new Tensor[] {
        torch.batch_norm(
            x,
            new TensorOptional(call.in(1).to(type)),
            new TensorOptional(call.in(2).to(type)),
            new TensorOptional(mean.to(type)),
            new TensorOptional(variance.to(type)),
            false,
            0,
            epsilon(call),
            false)
      };
    }
    Tensor batchMean = torch.zeros_like(mean.detach().to(type));
    Tensor batchVariance = torch.zeros_like(batchMean);
    Tensor y =
        torch.batch_norm(
            x,
            call.optional(1),
            call.optional(2),
            new TensorOptional(batchMean),
            new TensorOptional(batchVariance),
            true,
            1,
            epsilon(call),
            false);
    try (var _ = new AutoGradMode(false)) {
      double momentum = call.node().real("momentum", 0.9f);
      long count = x.numel() / x.size(1);
      batchVariance =
          count > 1
              ? batchVariance.mul(scalar((count - 1.0) / count))
              : torch.zeros_like(batchVariance);
      Tensor newMean = moved(mean, batchMean, momentum);
      Tensor newVariance = moved(variance, batchVariance, momentum);
      if (call.mode() == Mode.TRAIN) {
        mean.copy_(newMean);
        variance.copy_(newVariance);
      }
      return new Tensor[] {y, newMean, newVariance};
    }
  }

  /** For statistics that are differentiated themselves, which libtorch's own operator refuses. */
  private static Tensor byFormula(Call call) {
    Tensor x = call.in(0);
    Tensor[] vectors = new Tensor[4];
    for (int k = 0; k < vectors.length; k++) {
      vectors[k] = Convolutions.perChannel(call.in(k + 1), x.dim());
    }
    Tensor inverse = vectors[3].add(scalar(epsilon(call))).rsqrt();
    return x.sub(vectors[2]).mul(inverse).mul(vectors[0]).add(vectors[1]);
  }

  private static Tensor moved(Tensor running, Tensor batch, double momentum) {
    return running.mul(scalar(momentum)).add(batch.to(running.scalar_type()), scalar(1 - momentum));
  }

  private static Tensor instance(Call call) {
    return torch.instance_norm(
        call.in(0),
        call.optional(1),
        call.optional(2),
        new TensorOptional(),
        new TensorOptional(),
        true,
        0,
        epsilon(call),
        false);
  }

  private static Tensor[] layer(Call call) {
    Tensor x = call.in(0);
    int axis = axis(call);
    long[] normalized = Libtorch.shape(x);
    normalized = Arrays.copyOfRange(normalized, axis, normalized.length);
    if (!call.wants(1) && !call.wants(2)) {
      boolean full =
          Arrays.equals(normalized, Libtorch.shape(call.in(1)))
              && (!call.has(2) || Arrays.equals(normalized, Libtorch.shape(call.in(2))));
      Tensor y =
          torch.layer_norm(
              x,
              normalized,
              full ? call.optional(1) : new TensorOptional(),
              full ? call.optional(2) : new TensorOptional(),
              epsilon(call),
              false);
      return new Tensor[] {full ? y : affine(call, y)};
    }
    long[] axes = trailing(axis, x.dim());
    Tensor mean = x.mean(axes, true, Call.sameType());
    Tensor centred = x.sub(mean);
    Tensor inverse =
        centred.square().mean(axes, true, Call.sameType()).add(scalar(epsilon(call))).rsqrt();
    ScalarType stash = Libtorch.type(Elementwise.type(call.node().integer("stash_type", 1)));
    return new Tensor[] {affine(call, centred.mul(inverse)), mean.to(stash), inverse.to(stash)};
  }

  private static Tensor affine(Call call, Tensor y) {
    Tensor scaled = y.mul(call.in(1));
    return call.has(2) ? scaled.add(call.in(2)) : scaled;
  }

  private static long[] trailing(int axis, long rank) {
    long[] axes = new long[(int) rank - axis];
    Arrays.setAll(axes, k -> k + axis);
    return axes;
  }

  private static Tensor group(Call call) {
    Tensor x = call.in(0);
    long groups = call.node().integer("num_groups", 1);
    Tensor scale = call.in(1);
    if (scale.numel() == x.size(1)) {
      return torch.group_norm(x, groups, call.optional(1), call.optional(2), epsilon(call), false);
    }
    // Up to opset 20 scale and bias had a value for each group.
    long each = x.size(1) / groups;
    return torch.group_norm(
        x,
        groups,
        new TensorOptional(scale.repeat_interleave(each)),
        new TensorOptional(call.in(2).repeat_interleave(each)),
        epsilon(call),
        false);
  }

  private static Tensor rms(Call call) {
    Tensor x = call.in(0);
    long[] axes = trailing(axis(call), x.dim());
    Tensor wide = x.is_floating_point() && x.element_size() < 4 ? x.to(ScalarType.Float) : x;
    Tensor inverse =
        wide.square().mean(axes, true, Call.sameType()).add(scalar(epsilon(call))).rsqrt();
    return wide.mul(inverse).to(x.scalar_type()).mul(call.in(1));
  }

  private static Tensor local(Call call) {
    Tensor x = call.in(0);
    long size = call.node().integer("size", 1);
    double alpha = call.node().real("alpha", 1e-4f);
    double beta = call.node().real("beta", 0.75f);
    double bias = call.node().real("bias", 1);
    // A window over the channels: pad that axis and add its shifted copies.
    long before = (size - 1) / 2;
    Tensor squares = x.square().transpose(1, -1);
    squares = torch.constant_pad_nd(squares, new long[] {before, size - 1 - before}, scalar(0.0));
    Tensor sums = squares.unfold(-1, size, 1).sum(new long[] {-1}, false, Call.sameType());
    return x.div(
        sums.transpose(1, -1).mul(scalar(alpha / size)).add(scalar(bias)).pow(scalar(beta)));
  }

  private static Tensor lp(Call call) {
    Tensor x = call.in(0);
    long[] axes = {axis(call)};
    boolean absolute = call.node().integer("p", 2) == 1;
    Tensor norm =
        absolute
            ? x.abs().sum(axes, true, Call.sameType())
            : x.square().sum(axes, true, Call.sameType()).sqrt();
    Tensor zero = norm.eq(scalar(0.0));
    return torch.where(zero, torch.zeros_like(x), x.div(norm.masked_fill(zero, scalar(1.0))));
  }

  private static Tensor meanVariance(Call call) {
    Tensor x = call.in(0);
    long[] axes = call.node().integers("axes", 0, 2, 3);
    Tensor centred = x.sub(x.mean(axes, true, Call.sameType()));
    Tensor deviation = centred.square().mean(axes, true, Call.sameType()).sqrt();
    return centred.div(deviation.add(scalar(1e-9)));
  }

  private static Tensor hardmax(Call call) {
    Tensor x = call.in(0);
    int axis = axis(call);
    Tensor place = x.argmax(new LongOptional(axis), true);
    return torch.zeros_like(x.detach()).scatter(axis, place, scalar(1.0));
  }
}
