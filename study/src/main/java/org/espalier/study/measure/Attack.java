package org.espalier.study.measure;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.InvalidInputException;
import org.espalier.prune.evidence.Evidence;
import org.espalier.torch.Autograd;
import org.espalier.torch.Libtorch;

/**
 * A way to change examples.
 *
 * @param most how far an element may move, as a share of its range
 * @param step how far it moves at once
 */
record Attack(ValueRange range, double most, double step, int steps, boolean randomStart) {
  /** The examples of a batch, changed. */
  Map<String, Tensor> on(
      Evidence network, Map<String, Tensor> inputs, Tensor targets, SplittableRandom random) {
    String name = inputs.keySet().iterator().next();
    Tensor clean = inputs.get(name);
    if (clean.numel() != clean.size(0) * range.size()) {
      throw new InvalidInputException(
          "input '%s' has other elements than the data's examples".formatted(name));
    }
    Tensor flat = clean.reshape(clean.size(0), -1);
    Tensor low = row(range.low());
    Tensor high = row(range.high());
    Tensor width = high.sub(low);
    Tensor now = flat;
    if (randomStart) {
      Tensor start = noise(clean.size(0), random).mul(width).mul(scalar(most));
      now = clamped(flat.add(start), low, high);
    }
    for (int k = 0; k < steps; k++) {
      Tensor at = now.detach().reshape(clean.sizes());
      at.set_requires_grad(true);
      var given = new LinkedHashMap<>(inputs);
      given.put(name, at);
      Tensor gradient =
          Autograd.gradients(network.loss(given, targets), Map.of(name, at)).get(name);
      Tensor moved =
          now.detach().add(gradient.reshape(clean.size(0), -1).sign().mul(width).mul(scalar(step)));
      Tensor reach = width.mul(scalar(most));
      now = clamped(clamped(moved, flat.sub(reach), flat.add(reach)), low, high);
    }
    var changed = new LinkedHashMap<>(inputs);
    changed.put(name, now.detach().reshape(clean.sizes()));
    return changed;
  }

  private static Tensor clamped(Tensor value, Tensor low, Tensor high) {
    return value.maximum(low).minimum(high);
  }

  private static Scalar scalar(double value) {
    return new Scalar(value);
  }

  private static Tensor row(float[] values) {
    return Libtorch.view(org.espalier.graph.Tensor.of(values, 1, values.length));
  }

  private Tensor noise(long examples, SplittableRandom random) {
    float[] noise = new float[Math.toIntExact(examples * range.size())];
    for (int k = 0; k < noise.length; k++) {
      noise[k] = (float) (2 * random.nextDouble() - 1);
    }
    return Libtorch.view(org.espalier.graph.Tensor.of(noise, examples, range.size()));
  }
}
