package org.espalier.prune.evidence;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.espalier.graph.InvalidInputException;
import org.espalier.torch.Autograd;
import org.espalier.torch.Autograd.History;
import org.espalier.torch.Forward;
import org.espalier.torch.TorchModel;

/**
 * The exact diagonal of the Hessian of a batch's mean loss, by products with unit vectors.
 *
 * <p>A layer's loss depends on a weight through one output channel. So the diagonal follows from
 * the Hessian with respect to that channel's outputs and from the layer's inputs, and a pass back
 * for each output of a sample gives it for all weights that make it and all samples: far fewer than
 * there are weights in linear layers. Where that's more, or where samples depend on each other, the
 * unit vectors are the weights'.
 */
final class HessianDiagonal {
  /** How many passes back each batch may take. */
  private static final long MOST = 5000;

  private final TorchModel model;
  private final Map<String, Site> sites = new LinkedHashMap<>();
  private final Function<Site, String> data;

  HessianDiagonal(TorchModel model, List<Site> all, Function<Site, String> data) {
    this.model = model;
    this.data = data;
    Set<String> shared = new TreeSet<>();
    for (Site site : all) {
      boolean fits = site.hasRowsBySample() && model.has(site.output());
      if (!fits || sites.put(site.weight(), site) != null) {
        shared.add(site.weight());
      }
    }
    sites.keySet().removeAll(shared);
  }

  /** What to hand out of the forward pass. */
  Set<String> taps() {
    Set<String> taps = new TreeSet<>();
    for (Site site : sites.values()) {
      taps.add(data.apply(site));
      taps.add(site.output());
    }
    return taps;
  }

  /** Takes the diagonal of a weight's Hessian, of the weight's shape or flattened. */
  @FunctionalInterface
  interface Taker {
    void take(String weight, Tensor diagonal);
  }

  /**
   * Hands out the diagonals.
   *
   * @param loss the mean over the samples
   */
  void of(Forward forward, Tensor loss, long samples, Taker taker) {
    Set<String> byOutputs = new TreeSet<>();
    long passes = 0;
    for (Map.Entry<String, Tensor> weight : model.parameters().entrySet()) {
      long each = weight.getValue().numel();
      long ofSample = outputs(weight.getKey(), forward, samples);
      if (ofSample < each) {
        byOutputs.add(weight.getKey());
      }
      passes += Math.min(each, ofSample);
    }
    if (passes > MOST) {
      throw new InvalidInputException(
          "the exact diagonal of the Hessian takes %,d passes back for each batch, more than %,d:"
                  .formatted(passes, MOST)
              + " take an estimate of it");
    }
    Map<String, Tensor> values = new LinkedHashMap<>(model.parameters());
    byOutputs.forEach(name -> values.put(output(name), forward.taps().get(output(name))));
    Map<String, Tensor> slopes = Autograd.gradients(loss, values, History.CONTINUED);
    model
        .parameters()
        .forEach(
            (name, weight) -> {
              try (var _ = new PointerScope()) {
                Tensor found = null;
                if (byOutputs.contains(name)) {
                  Site site = sites.get(name);
                  Tensor input = forward.taps().get(data.apply(site));
                  found = Units.of(site, input, values, slopes, samples).diagonal();
                }
                boolean agrees = found != null && agrees(found, slopes.get(name), weight);
                taker.take(name, agrees ? found : each(slopes.get(name), weight));
              }
            });
  }

  private String output(String weight) {
    return sites.get(weight).output();
  }

  /** How many outputs a sample has of the layer; no end where rows aren't by sample. */
  private long outputs(String weight, Forward forward, long samples) {
    Site site = sites.get(weight);
    if (site == null) {
      return Long.MAX_VALUE;
    }
    Tensor input = forward.taps().get(data.apply(site));
    Tensor output = forward.taps().get(site.output());
    boolean bySample = input.size(0) == samples && output.size(0) == samples;
    return bySample ? output.numel() / samples : Long.MAX_VALUE;
  }

  /** Whether the largest element is that of a pass for this weight alone. */
  private static boolean agrees(Tensor diagonal, Tensor slope, Tensor weight) {
    try (var _ = new PointerScope()) {
      Tensor flat = diagonal.reshape(-1);
      long largest = flat.abs().argmax().item().toLong();
      double expected = second(slope, weight, largest).item().toDouble();
      double found = flat.select(0, largest).item().toDouble();
      return Math.abs(found - expected) <= 1e-3 * Math.abs(expected) + 1e-7;
    }
  }

  /** The second derivative by one element. */
  private static Tensor second(Tensor slope, Tensor weight, long element) {
    Tensor one = slope.reshape(-1).select(0, element);
    return Autograd.gradients(one, Map.of("", weight), History.KEPT)
        .get("")
        .reshape(-1)
        .select(0, element);
  }

  private static Tensor each(Tensor slope, Tensor weight) {
    Tensor diagonal = torch.zeros_like(weight.detach()).reshape(-1);
    for (long k = 0; k < diagonal.size(0); k++) {
      try (var _ = new PointerScope()) {
        diagonal.select(0, k).copy_(second(slope, weight, k));
      }
    }
    return diagonal;
  }

  /**
   * A layer by its outputs.
   *
   * @param x what it read: [samples, groups, rows, columns]
   * @param output what it gave, with its history
   * @param slopes of the loss by that: [samples, groups, rows, outputs]
   */
  private record Units(Site site, Tensor x, Tensor output, Tensor slopes) {
    static Units of(
        Site site,
        Tensor input,
        Map<String, Tensor> values,
        Map<String, Tensor> slopes,
        long samples) {
      return new Units(
          site,
          SampleBackward.bySample(site.rows(input.detach()), samples),
          values.get(site.output()),
          SampleBackward.bySample(site.outputRows(slopes.get(site.output())), samples));
    }

    /** Flattened as the weight is. */
    Tensor diagonal() {
      long groups = slopes.size(1);
      long outputs = slopes.size(3);
      Tensor found = torch.zeros(groups, outputs, x.size(3)).to(x.scalar_type());
      for (long group = 0; group < groups; group++) {
        for (long channel = 0; channel < outputs; channel++) {
          Tensor sum = found.select(0, group).select(0, channel);
          for (long row = 0; row < slopes.size(2); row++) {
            try (var _ = new PointerScope()) {
              sum.add_(part(group, row, channel));
            }
          }
        }
      }
      double factor = site.factor() * site.factor();
      return (site.outputsFirst() ? found : found.transpose(-1, -2))
          .reshape(-1)
          .mul(new Scalar(factor));
    }

    /** What one output adds for the weights of its channel, all samples together: [columns]. */
    private Tensor part(long group, long row, long channel) {
      Tensor one = slopes.select(1, group).select(1, row).select(1, channel).sum();
      Tensor moved = Autograd.gradients(one, Map.of("", output), History.KEPT).get("");
      Tensor curved =
          SampleBackward.bySample(site.outputRows(moved), x.size(0))
              .select(1, group)
              .select(2, channel);
      Tensor inputs = x.select(1, group);
      return curved.unsqueeze(1).bmm(inputs).squeeze(1).mul(inputs.select(1, row)).sum(0);
    }
  }
}
