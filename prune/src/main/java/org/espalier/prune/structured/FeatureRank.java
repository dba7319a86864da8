package org.espalier.prune.structured;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.graph.Node;
import org.espalier.graph.infer.Shapes;
import org.espalier.prune.coupling.Axis;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.evidence.Finite;
import org.espalier.torch.Mode;

/**
 * The mean rank of a channel's feature maps [height, width] over the examples (HRank, Lin et al.,
 * 2020), after the activations that the channels pass through; the mean of them where there are
 * several. Ranks count singular values above {@code max(h, w) * eps * the largest}.
 */
public final class FeatureRank implements GroupSaliency {
  private static final Set<String> ACTIVATIONS =
      Set.of("Relu", "LeakyRelu", "PRelu", "Clip", "HardSwish", "Elu", "Gelu", "Mul", "Tanh");

  private final Map<String, double[]> ranks = new LinkedHashMap<>();
  private Shapes shapes;
  private boolean observed;

  @Override
  public Optional<String> silence(Group group, Subject subject) {
    return maps(group, subject.coupling()).isEmpty()
        ? Optional.of("its channels are no feature maps")
        : Optional.empty();
  }

  /** The values whose second of four axes the group's channels run along, activated if any is. */
  private List<String> maps(Group group, Coupling coupling) {
    if (shapes == null) {
      shapes = Shapes.infer(coupling.model());
    }
    List<Node> makers =
        coupling.model().graph().nodes().stream()
            .filter(node -> hasAll(coupling.channelsAlong(axis(node)), group))
            .filter(node -> shapes.rank(node.outputs().getFirst()) == 4)
            .toList();
    List<Node> activated = makers.stream().filter(node -> ACTIVATIONS.contains(node.op())).toList();
    return (activated.isEmpty() ? makers : activated)
        .stream().map(node -> node.outputs().getFirst()).toList();
  }

  private static Axis axis(Node node) {
    return new Axis(node.outputs().isEmpty() ? "" : node.outputs().getFirst(), 1);
  }

  private static boolean hasAll(int[] channels, Group group) {
    int end = group.first() + group.size();
    return IntStream.of(channels).filter(c -> c >= group.first() && c < end).distinct().count()
        == group.size();
  }

  @Override
  public double[] score(Group group, Subject subject) {
    if (!observed) {
      observe(subject);
      observed = true;
    }
    double[][] seen =
        maps(group, subject.coupling()).stream()
            .filter(ranks::containsKey)
            .map(value -> of(group, value, subject.coupling()))
            .toArray(double[][]::new);
    return seen.length == 0 ? new double[group.size()] : Reduction.MEAN.of(seen);
  }

  /** The ranks of one value's maps, for the group's channels among them. */
  private double[] of(Group group, String value, Coupling coupling) {
    int[] channels = coupling.channelsAlong(new Axis(value, 1));
    double[] of = new double[group.size()];
    for (int k = 0; k < channels.length; k++) {
      int channel = channels[k] - group.first();
      if (channels[k] >= 0 && channel >= 0 && channel < of.length) {
        of[channel] += ranks.get(value)[k];
      }
    }
    return of;
  }

  private void observe(Subject subject) {
    List<String> values =
        subject.coupling().groups().stream()
            .flatMap(group -> maps(group, subject.coupling()).stream())
            .distinct()
            .toList();
    long samples = subject.evidence().samples();
    subject
        .evidence()
        .forEachBatch(
            (model, inputs, targets) -> {
              Set<String> taps =
                  values.stream().filter(model::has).collect(Collectors.toUnmodifiableSet());
              model
                  .forward(inputs, Mode.EVAL, taps)
                  .taps()
                  .forEach((value, maps) -> add(value, maps, samples));
            });
  }

  private void add(String value, Tensor maps, long samples) {
    try (var _ = new PointerScope()) {
      Tensor finite = Finite.checked(maps.detach(), "'" + value + "'");
      Tensor singular = torch.linalg_svdvals(finite.to(ScalarType.Double));
      double[] sums = ranks.computeIfAbsent(value, _ -> new double[(int) maps.size(1)]);
      double[] found = sums(singular, Math.max(maps.size(2), maps.size(3)));
      Arrays.setAll(sums, channel -> sums[channel] + found[channel] / samples);
    }
  }

  /** The ranks of [examples, channels, singular values], summed over the examples. */
  private static double[] sums(Tensor singular, long side) {
    int channels = (int) singular.size(1);
    int count = (int) singular.size(2);
    double[] values = new double[Math.toIntExact(singular.numel())];
    singular.contiguous().data_ptr_double().get(values);
    double[] sums = new double[channels];
    double tolerance = side * Math.ulp(1f); // maps are computed in float32
    for (int first = 0; first < values.length; first += count) {
      for (int k = 0; k < count; k++) {
        sums[first / count % channels] += values[first + k] > tolerance * values[first] ? 1 : 0;
      }
    }
    return sums;
  }
}
