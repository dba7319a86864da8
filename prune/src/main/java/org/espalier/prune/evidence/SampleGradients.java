package org.espalier.prune.evidence;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.espalier.torch.Forward;
import org.espalier.torch.Mode;
import org.espalier.torch.TorchModel;

/**
 * The gradient of each sample's own loss, batch by batch: of all samples together, as long as that
 * gives what one alone does.
 */
final class SampleGradients {
  /** Takes the gradients of some samples, [samples, ...]; {@code row} is the first one's number. */
  @FunctionalInterface
  interface Taker {
    void take(String weight, Tensor gradients, long row);
  }

  private final TorchModel model;
  private final Optional<SampleBackward> together;
  private final String logits;
  private final BiFunction<Forward, Tensor, Tensor> loss;
  private final Taker taker;
  private boolean trusted;
  private long first;

  /**
   * @param logits the value that the loss is tapped at
   * @param loss the mean over samples, of a pass and the targets
   */
  SampleGradients(
      TorchModel model,
      Optional<SampleBackward> together,
      String logits,
      BiFunction<Forward, Tensor, Tensor> loss,
      Taker taker) {
    this.model = model;
    this.together = together;
    this.logits = logits;
    this.loss = loss;
    this.taker = taker;
    trusted = together.isPresent();
  }

  /**
   * Hands out the gradients of a batch.
   *
   * @param targets null where there are none
   */
  void of(Map<String, Tensor> inputs, Tensor targets) {
    long size = inputs.values().iterator().next().size(0);
    if (!trusted || !inOnePass(inputs, targets, size, first > 0)) {
      trusted = false;
      oneByOne(inputs, targets, size);
    }
    first += size;
  }

  private void oneByOne(Map<String, Tensor> inputs, Tensor targets, long size) {
    for (long sample = 0; sample < size; sample++) {
      try (var _ = new PointerScope()) {
        long row = first + sample;
        single(inputs, targets, sample)
            .forEach((name, part) -> taker.take(name, part.unsqueeze(0), row));
      }
    }
  }

  private Map<String, Tensor> single(Map<String, Tensor> inputs, Tensor targets, long sample) {
    var one = new LinkedHashMap<String, Tensor>();
    inputs.forEach((name, input) -> one.put(name, input.narrow(0, sample, 1)));
    Forward forward = model.forward(one, Mode.EVAL, Set.of(logits));
    return model.gradients(
        loss.apply(forward, targets == null ? null : targets.narrow(0, sample, 1)));
  }

  /** Takes all samples of a batch together; false where that doesn't give what one alone does. */
  private boolean inOnePass(
      Map<String, Tensor> inputs, Tensor targets, long size, boolean checked) {
    SampleBackward backward = together.orElseThrow();
    Forward forward = backward.forward(inputs, logits);
    if (!backward.fits(forward, size)) {
      return false;
    }
    var last = new LinkedHashMap<String, Tensor>();
    if (!checked) {
      last.putAll(single(inputs, targets, size - 1));
    }
    double rounding =
        1e-6 * last.values().stream().mapToDouble(SampleGradients::largest).max().orElse(0);
    var parts = new LinkedHashMap<String, Map<Long, Tensor>>();
    boolean[] agrees = {true};
    backward.gradients(
        forward,
        loss.apply(forward, targets),
        size,
        (name, from, part) -> {
          Tensor alone = last.get(name);
          if (alone != null && from + part.size(0) == size) {
            Tensor found = part.select(0, part.size(0) - 1).reshape(-1).sub(alone.reshape(-1));
            agrees[0] &= largest(found) <= 1e-3 * largest(alone) + rounding;
          }
          if (checked) {
            taker.take(name, part, first + from);
          } else {
            parts.computeIfAbsent(name, _ -> new LinkedHashMap<>()).put(first + from, part);
          }
        });
    if (agrees[0]) {
      parts.forEach((name, all) -> all.forEach((row, part) -> taker.take(name, part, row)));
    }
    return agrees[0];
  }

  private static double largest(Tensor numbers) {
    return numbers.abs().max().item().toDouble();
  }
}
