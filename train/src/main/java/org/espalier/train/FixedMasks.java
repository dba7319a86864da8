package org.espalier.train;

import org.espalier.prune.Masks;

/** Fine-tuning under masks that stay as they are: what is pruned stays exactly zero. */
public record FixedMasks(Masks masks) implements TrainingRule {
  /** How {@link #describe} looks. */
  static final String DESCRIBED = "fixed masks, \\d+ of \\d+ pruned, [0-9a-f]{8}";

  @Override
  public String describe() {
    return "fixed masks, %d of %d pruned, %08x"
        .formatted(masks.pruned(), masks.size(), masks.byWeight().hashCode());
  }

  @Override
  public void begin(Step step) {
    step.hold(masks);
  }
}
