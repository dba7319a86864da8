package org.espalier.study.measure;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.InvalidInputException;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.evidence.Observation;
import org.espalier.torch.Autograd;
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
    var tally = new Answers.Tally(Evaluation.endsInSoftmax(subject.model()));
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
            now.detach()
                .add(gradient.reshape(clean.size(0), -1).sign().mul(width).mul(scalar(step)));
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
}
