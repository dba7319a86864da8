package org.espalier.study.measure;

import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.InvalidInputException;
import org.espalier.torch.Libtorch;

/**
 * How many units switch: the share of units, for each of the same examples, into whose activation
 * functions something positive goes in one network and not in the other (You et al., 2022). Codes
 * say in which piece of a piecewise linear network an example lies. Between two epochs of a
 * training they tell whether it has settled, which the paper asks for before it prunes: less than
 * 16% to each of the last three epochs.
 */
final class ActivationCodes implements Measurement.OfTwo {
  @Override
  public String name() {
    return "activation-codes";
  }

  @Override
  public String title() {
    return "how many units are on in one network and off in the other, for the same examples";
  }

  @Override
  public Findings of(Subject dense, Subject pruned) {
    Map<String, Code> before = codes(dense);
    Map<String, Code> after = codes(pruned);
    var table =
        new Findings.Table("layers", "activation of", "on, dense", "on, pruned", "switched");
    double sum = 0;
    int shared = 0;
    for (Map.Entry<String, Code> each : before.entrySet()) {
      Code was = each.getValue();
      Code is = after.get(each.getKey());
      if (is != null && is.size == was.size) {
        double distance = was.distance(is);
        sum += distance;
        shared++;
        table = table.row(each.getKey(), was.percentOn(), is.percentOn(), 100 * distance);
      }
    }
    if (shared == 0) {
      throw new InvalidInputException(
          name() + " needs networks that share an activation function such as Relu");
    }
    return Findings.NONE.and("switched", 100 * sum / shared).and(table);
  }

  /** What goes into each activation function, example by example: whether it's positive. */
  static final class Code {
    private final BitSet on = new BitSet();
    private int size;

    void add(Tensor potentials) {
      byte[] bytes = new byte[Math.toIntExact(potentials.numel())];
      var positive = potentials.detach().gt(new Scalar(0.0)).contiguous();
      Libtorch.copy(positive).data().asByteBuffer().get(bytes);
      for (int k = 0; k < bytes.length; k++) {
        on.set(size + k, bytes[k] != 0);
      }
      size += bytes.length;
    }

    double distance(Code other) {
      var differ = (BitSet) on.clone();
      differ.xor(other.on);
      return (double) differ.cardinality() / size;
    }

    double percentOn() {
      return 100.0 * on.cardinality() / size;
    }
  }

  private static Map<String, Code> codes(Subject subject) {
    var codes = new LinkedHashMap<String, Code>();
    Map<String, Integer> axes = Potentials.of(subject.model().graph());
    axes.keySet().forEach(name -> codes.put(name, new Code()));
    subject.forEachBatch(
        subject.training(),
        axes.keySet(),
        (values, _) -> values.forEach((name, value) -> codes.get(name).add(value)));
    codes.values().removeIf(code -> code.size == 0);
    return codes;
  }
}
