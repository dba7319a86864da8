package org.espalier.prune.evidence;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.espalier.torch.Autograd;
import org.espalier.torch.Forward;
import org.espalier.torch.Mode;
import org.espalier.torch.TorchModel;

/**
 * The gradients of all samples of a batch from one backward pass (Goodfellow, 2015): a sample's
 * gradient of a weight is the product of what the node read of it and of the gradient that came to
 * the node's output. That holds where no sample depends on another and rows lie by sample, which
 * the caller checks against a sample of its own.
 */
final class SampleBackward {
  /** How many numbers of samples' gradients are made at a time. */
  private static final long MOST = 16L << 20;

  private final TorchModel model;
  private final List<Site> sites;
  private final Function<Site, String> data;
  private final Set<String> taps = new HashSet<>();

  private SampleBackward(TorchModel model, List<Site> sites, Function<Site, String> data) {
    this.model = model;
    this.sites = sites;
    this.data = data;
    for (Site site : sites) {
      taps.add(data.apply(site));
      taps.add(site.output());
    }
  }

  /** Empty where a weight is used in a way that needs a pass for each sample. */
  static Optional<SampleBackward> of(
      TorchModel model, List<Site> sites, Function<Site, String> data) {
    boolean plain =
        sites.stream().allMatch(site -> site.hasRowsBySample() && model.has(site.output()))
            && sites.stream().map(Site::weight).distinct().count() == sites.size();
    return plain ? Optional.of(new SampleBackward(model, sites, data)) : Optional.empty();
  }

  /** What to hand out of a forward pass, beside what the loss needs. */
  Set<String> taps(String more) {
    var all = new HashSet<>(taps);
    all.add(more);
    return all;
  }

  /** Takes gradients of some samples: [samples, ...the weight's shape]. */
  @FunctionalInterface
  interface Taker {
    void take(String weight, long firstSample, Tensor gradients);
  }

  Forward forward(Map<String, Tensor> inputs, String more) {
    return model.forward(inputs, Mode.EVAL, taps(more));
  }

  /**
   * Hands out the gradients.
   *
   * @param loss the mean over the samples
   */
  void gradients(Forward forward, Tensor loss, long samples, Taker taker) {
    var outputs = new LinkedHashMap<String, Tensor>();
    sites.forEach(site -> outputs.put(site.output(), forward.taps().get(site.output())));
    Map<String, Tensor> arriving =
        Autograd.gradients(loss.mul(new Scalar((double) samples)), outputs);
    for (Site site : sites) {
      Tensor x = bySample(site.rows(forward.taps().get(data.apply(site)).detach()), samples);
      Tensor y = bySample(site.outputRows(arriving.get(site.output())), samples);
      long size = site.dims().stream().reduce(1L, (a, b) -> a * b);
      long step = Math.max(1, MOST / size);
      for (long first = 0; first < samples; first += step) {
        long count = Math.min(step, samples - first);
        Tensor left = y.narrow(0, first, count);
        Tensor right = x.narrow(0, first, count);
        Tensor product =
            site.outputsFirst()
                ? left.transpose(-1, -2).matmul(right)
                : right.transpose(-1, -2).matmul(left);
        taker.take(site.weight(), first, product.mul(new Scalar(site.factor())));
      }
    }
  }

  /** Rows [groups, samples * n, columns] as [samples, groups, n, columns]. */
  static Tensor bySample(Tensor rows, long samples) {
    return rows.reshape(rows.size(0), samples, -1, rows.size(2)).permute(1, 0, 2, 3);
  }

  /** Whether the rows of each site are as many for each sample. */
  boolean fits(Forward forward, long samples) {
    var uneven = new ArrayList<Site>();
    for (Site site : sites) {
      if (forward.taps().get(data.apply(site)).size(0) % samples != 0) {
        uneven.add(site);
      }
    }
    return uneven.isEmpty();
  }
}
