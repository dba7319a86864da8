package org.espalier.train.method;

import org.espalier.prune.About;
import org.espalier.train.rule.BaseDecay;

/** DAREx-L2 (Deng et al., 2025): the part of it that comes before anything is dropped. */
public final class DarexL2 implements FineTuning {
  @Override
  public About about() {
    return About.of(
            "darex-l2",
            "DAREx-L2: AdamR",
            "Fine-tunes such that weights stay near the base: before each step of Adam they decay"
                + " towards it, as strongly as --weight-decay says. Prunes nothing itself; for"
                + " networks of whose changes dare or darex (--base) then drop nearly all.")
        .paper("Deng et al.", 2025, "arXiv:2410.09344")
        .training()
        .patterns(About.PRUNES_NOTHING)
        .needs("weights", "training data");
  }

  @Override
  public BaseDecay.Norm norm() {
    return BaseDecay.Norm.L2;
  }

  @Override
  public double strength() {
    return 0.03;
  }
}
