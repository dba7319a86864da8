package org.espalier.study.measure;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Node;
import org.espalier.prune.Layer;
import org.espalier.torch.Libtorch;

/**
 * How often ReLU units are silent (Liu et al., 2022, arXiv:2212.06145): the share of pairs of a
 * unit and an example for which it gives zero. Units whose weights are all zero say nothing
 * whatever comes in; they are counted by themselves and left out of the share. Every position of a
 * feature map counts.
 */
final class DeadUnits implements Measurement.OfOne {
  private static final Set<String> BETWEEN = Set.of("BatchNormalization", "Add", "Identity");

  @Override
  public String name() {
    return "dead-units";
  }

  @Override
  public String title() {
    return "how often ReLU units are silent";
  }

  @Override
  public Findings of(Subject subject) {
    Map<String, Layer> makers = makers(subject);
    var silent = new LinkedHashMap<String, double[]>();
    long[] examples = new long[1];
    subject.forEachBatch(
        subject.testing(),
        makers.keySet(),
        (values, targets) -> {
          examples[0] += targets.size(0);
          values.forEach((name, value) -> add(silent, name, value, makers.get(name)));
        });
    if (silent.isEmpty()) {
      throw new InvalidInputException(name() + " needs a layer with a ReLU behind it");
    }
    var table = new Findings.Table("layers", "layer", "units", "without weights", "silent");
    double sum = 0;
    double units = 0;
    for (String name : makers.keySet().stream().filter(silent::containsKey).toList()) {
      boolean[] gone = gone(makers.get(name));
      double share = share(silent.get(name), gone, examples[0]);
      int alive = living(gone);
      table = table.row(makers.get(name).weight(), gone.length, gone.length - alive, 100 * share);
      sum += share * alive;
      units += alive;
    }
    return Findings.NONE.and("silent", units == 0 ? 0 : 100 * sum / units).and(table);
  }

  /** The layer behind each ReLU, by the name of what the ReLU gives, in graph order. */
  private static Map<String, Layer> makers(Subject subject) {
    Map<String, Node> producers = subject.model().graph().producers();
    Map<String, Layer> layers =
        subject.layers().stream()
            .collect(Collectors.toMap(layer -> layer.node().outputs().getFirst(), layer -> layer));
    var makers = new LinkedHashMap<String, Layer>();
    for (Node node : subject.model().graph().nodes()) {
      if (node.isStandard() && node.is("Relu")) {
        String value = node.inputs().getFirst();
        while (!layers.containsKey(value)
            && producers.containsKey(value)
            && BETWEEN.contains(producers.get(value).op())) {
          value = producers.get(value).inputs().getFirst();
        }
        if (layers.containsKey(value)) {
          makers.put(node.outputs().getFirst(), layers.get(value));
        }
      }
    }
    return makers;
  }

  private static void add(Map<String, double[]> silent, String name, Tensor value, Layer maker) {
    int axis = maker.node().is("Conv") ? 1 : -1;
    if (value.dim() < 2 || value.size(axis) != maker.rows()) {
      return;
    }
    Tensor units = value.detach().movedim(axis, 1).reshape(value.size(0), maker.rows(), -1);
    Tensor zeros = units.eq(new Scalar(0.0)).to(ScalarType.Double).mean(2).sum(0);
    var counts = Libtorch.copy(zeros);
    double[] sums = silent.computeIfAbsent(name, _ -> new double[maker.rows()]);
    Arrays.setAll(sums, unit -> sums[unit] + counts.realAt(unit));
  }

  /** Which units have no weight left. */
  private static boolean[] gone(Layer layer) {
    boolean[] gone = new boolean[layer.rows()];
    for (int row = 0; row < gone.length; row++) {
      gone[row] = true;
      for (int column = 0; gone[row] && column < layer.columns(); column++) {
        gone[row] = layer.tensor().realAt(layer.index(row, column)) == 0;
      }
    }
    return gone;
  }

  private static int living(boolean[] gone) {
    int alive = 0;
    for (boolean each : gone) {
      alive += each ? 0 : 1;
    }
    return alive;
  }

  /**
   * The share of silence among the units that have weights.
   *
   * @param silent for how many examples each unit was
   */
  static double share(double[] silent, boolean[] gone, long examples) {
    double sum = 0;
    for (int unit = 0; unit < silent.length; unit++) {
      sum += gone[unit] ? 0 : silent[unit];
    }
    int alive = living(gone);
    return alive == 0 ? 0 : sum / alive / examples;
  }
}
