package org.espalier.study.measure;

import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.evidence.Observation;
import org.espalier.torch.Libtorch;
import org.espalier.torch.Mode;
import org.espalier.torch.TorchModel;
import org.espalier.train.Evaluation;

/**
 * Accuracy on examples that were changed against the network, no element by more than a share of
 * its range: one step along the signs of the loss's gradient (FGSM, Goodfellow et al., 2015), and
 * ten smaller ones from a random start (PGD, Madry et al., 2018). Shares are of 255.
 */
final class AdversarialRobustness implements Measurement.OfOne {
  private static final int[] SHARES = {1, 2, 4, 8, 16, 32};
  private static final int STEPS = 10;

  @Override
  public String name() {
    return "adversarial";
  }

  @Override
  public String title() {
    return "accuracy on examples changed against it: FGSM and PGD";
  }

  @Override
  public Findings of(Subject subject) {
    Sample clean = subject.testing();
    clean.classes(name());
    ValueRange range = ValueRange.of(clean.data(), name());
    Findings findings = Findings.NONE.and("clean", subject.answers(clean).accuracy());
    var table = new Findings.Table("attacks", "largest change /255", "FGSM", "PGD");
    try (Evidence network = opened(subject, clean)) {
      for (int share : SHARES) {
        subject.progress(name(), share, 32);
        var fast = new Attack(range, share / 255.0, share / 255.0, 1, false);
        var strong = new Attack(range, share / 255.0, share / 255.0 / 4, STEPS, true);
        double once = accuracy(subject, network, fast);
        double often = accuracy(subject, network, strong);
        table = table.row(share, once, often);
        if (share == 8) {
          findings = findings.and("fgsm8", once).and("pgd8", often);
        }
      }
    }
    return findings.and(table);
  }

  private static Evidence opened(Subject subject, Sample clean) {
    return Evidence.of(
        subject.model(),
        Set.of(),
        clean.calibration(subject.model(), subject.settings().batch()),
        Observation.USUAL);
  }

  private static double accuracy(Subject subject, Evidence network, Attack attack) {
    var tally = new AnswerTally(Evaluation.endsInSoftmax(subject.model()));
    var random = new SplittableRandom(subject.settings().seed());
    network.forEachBatch(
        (model, inputs, targets) -> {
          Map<String, Tensor> changed = attack.on(network, inputs, targets, random);
          tally.add(output(model, changed), Libtorch.copy(targets));
        });
    return tally.answers().accuracy();
  }

  private static org.espalier.graph.Tensor output(TorchModel model, Map<String, Tensor> inputs) {
    return Libtorch.copy(model.forward(inputs, Mode.EVAL).output());
  }
}
