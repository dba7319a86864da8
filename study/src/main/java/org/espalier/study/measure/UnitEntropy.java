package org.espalier.study.measure;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.graph.InvalidInputException;
import org.espalier.torch.Libtorch;

/**
 * How little units are tied to single classes (Tartaglione et al., 2020): the entropy, in bits, of
 * whether what goes into an activation function, the post-synaptic potential, is positive, given
 * the class; the mean over classes and units. Every position of a feature map counts. Units that
 * are always on or always off are left out.
 */
final class UnitEntropy implements Measurement.OfOne {
  @Override
  public String name() {
    return "psp-entropy";
  }

  @Override
  public String title() {
    return "how little units are tied to single classes";
  }

  @Override
  public Findings of(Subject subject) {
    int classes = subject.training().classOfEach(name());
    Map<String, Integer> axes = Potentials.of(subject.model().graph());
    var on = new LinkedHashMap<String, double[][]>();
    double[] counts = new double[classes];
    subject.forEachBatch(
        subject.training(),
        axes.keySet(),
        (values, targets) -> {
          org.espalier.graph.Tensor labels = Libtorch.copy(targets);
          for (long k = 0; k < labels.size(); k++) {
            counts[(int) labels.integerAt(k)]++;
          }
          values.forEach((name, value) -> add(on, name, value, axes.get(name), labels, classes));
        });
    if (on.isEmpty()) {
      throw new InvalidInputException(name() + " needs an activation function such as Relu");
    }
    var table = new Findings.Table("layers", "activation of", "units", "constant", "entropy");
    double sum = 0;
    for (String name : axes.keySet().stream().filter(on::containsKey).toList()) {
      List<Double> entropies = entropies(on.get(name), counts);
      int units = on.get(name)[0].length;
      double mean = entropies.stream().mapToDouble(each -> each).average().orElse(0);
      sum += mean;
      table = table.row(name, units, units - entropies.size(), mean);
    }
    return Findings.NONE.and("entropy", sum / on.size()).and(table);
  }

  private static void add(
      Map<String, double[][]> on,
      String name,
      Tensor value,
      int axis,
      org.espalier.graph.Tensor labels,
      int classes) {
    if (value.dim() < 2 || value.size(0) != labels.size()) {
      return;
    }
    Tensor units = value.detach().movedim(axis, 1);
    Tensor shares =
        units
            .gt(new Scalar(0.0))
            .to(ScalarType.Double)
            .reshape(units.size(0), units.size(1), -1)
            .mean(2);
    org.espalier.graph.Tensor each = Libtorch.copy(shares);
    int count = (int) each.dim(1);
    double[][] sums = on.computeIfAbsent(name, _ -> new double[classes][count]);
    for (int k = 0; k < each.size(); k++) {
      sums[(int) labels.integerAt(k / count)][k % count] += each.realAt(k);
    }
  }

  /**
   * The entropies of the units that aren't constant.
   *
   * @param on how often each unit was on, class by class
   * @param counts of the classes
   */
  static List<Double> entropies(double[][] on, double[] counts) {
    var entropies = new ArrayList<Double>();
    for (int unit = 0; unit < on[0].length; unit++) {
      double all = 0;
      double sum = 0;
      double examples = 0;
      int classes = 0;
      for (int c = 0; c < counts.length; c++) {
        if (counts[c] > 0) {
          all += on[c][unit];
          examples += counts[c];
          sum += bits(on[c][unit] / counts[c]);
          classes++;
        }
      }
      if (all > 0 && all < examples) {
        entropies.add(sum / classes);
      }
    }
    return entropies;
  }

  private static double bits(double p) {
    return p <= 0 || p >= 1 ? 0 : -(p * Math.log(p) + (1 - p) * Math.log(1 - p)) / Math.log(2);
  }
}
