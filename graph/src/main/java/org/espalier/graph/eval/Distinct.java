package org.espalier.graph.eval;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/** Unique: the distinct elements of a tensor, or the distinct slices along one axis. */
final class Distinct {
  private Distinct() {}

  static void register(Map<String, Rule> rules) {
    rules.put("Unique", Distinct::unique);
  }

  private static List<Tensor> unique(Call call) {
    Tensor x = call.input(0);
    if (x.type() == DataType.STRING) {
      throw call.unsupported(x.type());
    }
    Optional<Integer> axis =
        call.node().has("axis") ? Optional.of(call.axis("axis", 0, x.rank())) : Optional.empty();
    Tensor along = axis.isPresent() ? x : x.reshape(x.size());
    int which = axis.orElse(0);
    // One slice after the other, so that slices are runs of elements.
    int[] order = new int[along.rank()];
    for (int k = 0, next = 1; k < order.length; k++) {
      order[k == which ? 0 : next++] = k;
    }
    Tensor slices = Moving.transpose(along, order);
    int count = (int) slices.dim(0);
    int length = count == 0 ? 0 : (int) (slices.size() / count);
    Comparator<Integer> comparator = (a, b) -> compare(slices, a, b, length);
    var sorted = new ArrayList<Integer>();
    for (int k = 0; k < count; k++) {
      sorted.add(k);
    }
    sorted.sort(comparator);
    var groups = new ArrayList<List<Integer>>();
    for (int k = 0; k < count; k++) {
      if (k == 0 || comparator.compare(sorted.get(k - 1), sorted.get(k)) != 0) {
        groups.add(new ArrayList<>());
      }
      groups.getLast().add(sorted.get(k));
    }
    if (call.node().integer("sorted", 1) == 0) {
      groups.sort(Comparator.comparing(List::getFirst));
    }
    long[] first = new long[groups.size()];
    long[] counts = new long[groups.size()];
    long[] inverse = new long[count];
    for (int k = 0; k < first.length; k++) {
      first[k] = groups.get(k).getFirst();
      counts[k] = groups.get(k).size();
      for (int member : groups.get(k)) {
        inverse[member] = k;
      }
    }
    return List.of(
        Gathering.pick(along, which, first),
        Tensor.of(first, first.length),
        Tensor.of(inverse, count),
        Tensor.of(counts, counts.length));
  }

  private static int compare(Tensor slices, int a, int b, int length) {
    boolean real = slices.type().isFloat();
    for (long k = 0; k < length; k++) {
      long p = (long) a * length + k;
      long q = (long) b * length + k;
      int order =
          real
              ? Double.compare(slices.realAt(p) + 0.0, slices.realAt(q) + 0.0)
              : Long.compare(slices.integerAt(p), slices.integerAt(q));
      if (order != 0) {
        return order;
      }
    }
    return 0;
  }
}
