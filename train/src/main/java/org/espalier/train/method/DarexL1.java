package org.espalier.train.method;

import org.espalier.prune.About;
import org.espalier.train.rule.BaseDecay;

/** DAREx-L2's sibling (Deng et al., 2025): all weights come as far towards the base, or to it. */
public final class DarexL1 implements FineTuning {
  @Override
  public About about() {
    return About.of(
            "darex-l1",
            "DAREx-L1: AdamR by signs",
            "Fine-tunes like darex-l2, with a decay that is as strong for small changes as for"
                + " large ones, so that few weights change much; to compare with darex-l2, which"
                + " leaves more of small networks. Prunes nothing itself.")
        .paper("Deng et al.", 2025, "arXiv:2410.09344")
        .training()
        .patterns(About.PRUNES_NOTHING)
        .needs("weights", "training data");
  }

  @Override
  public BaseDecay.Norm norm() {
    return BaseDecay.Norm.L1;
  }

  @Override
  public double strength() {
    return 0.001;
  }
}
