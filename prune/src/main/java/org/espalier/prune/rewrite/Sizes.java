package org.espalier.prune.rewrite;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/** A vector of sizes put together anew: some entries as numbers, others from the old vector. */
final class Sizes {
  /** Where an entry comes from. */
  sealed interface Entry {
    /** A number of its own. */
    record Fixed(long value) implements Entry {}

    /** Entry {@code index} of the old vector, times {@code by}, divided by {@code over}. */
    record Old(int index, long by, long over) implements Entry {
      Old(int index) {
        this(index, 1, 1);
      }
    }
  }

  private Sizes() {}

  /** The entries as one value: a constant where all are numbers. */
  static String of(String old, List<Entry> entries, Edit edit) {
    DataType type = edit.extents().shapes().element(old).orElse(DataType.INT64);
    var parts = new ArrayList<String>();
    for (int k = 0; k < entries.size(); ) {
      int from = k++;
      Entry first = entries.get(from);
      while (k < entries.size() && goesWith(first, entries.get(k))) {
        k++;
      }
      parts.add(part(old, entries.subList(from, k), type, edit));
    }
    return parts.size() == 1
        ? parts.getFirst()
        : edit.add("Concat", Map.of("axis", Attribute.of(0)), parts.toArray(String[]::new));
  }

  private static boolean goesWith(Entry first, Entry next) {
    return switch (first) {
      case Entry.Fixed _ -> next instanceof Entry.Fixed;
      case Entry.Old(int _, long by, long over) ->
          next instanceof Entry.Old other && other.by() == by && other.over() == over;
    };
  }

  private static String part(String old, List<Entry> entries, DataType type, Edit edit) {
    long[] values = new long[entries.size()];
    Arrays.setAll(
        values,
        k ->
            switch (entries.get(k)) {
              case Entry.Fixed(long value) -> value;
              case Entry.Old(int index, long _, long _) -> index;
            });
    return switch (entries.getFirst()) {
      case Entry.Fixed _ -> edit.constant(typed(type, values));
      case Entry.Old(int _, long by, long over) -> {
        String taken =
            edit.add("Gather", Map.of("axis", Attribute.of(0)), old, edit.vector(values));
        if (by == over) {
          yield taken;
        }
        String times = edit.add("Mul", Map.of(), taken, edit.constant(typed(type, by)));
        yield edit.add("Div", Map.of(), times, edit.constant(typed(type, over)));
      }
    };
  }

  private static Tensor typed(DataType type, long... values) {
    return type == DataType.INT32
        ? Tensor.of(Arrays.stream(values).mapToInt(Math::toIntExact).toArray())
        : Tensor.of(values);
  }

  /** The vector's numbers before, null for an entry that isn't known. */
  static Optional<Long[]> known(String value, Edit edit) {
    return edit.extents()
        .shapes()
        .elements(value)
        .map(
            elements ->
                elements.stream()
                    .map(dim -> dim.isFixed() ? (Long) dim.sizeOr(0) : null)
                    .toArray(Long[]::new));
  }
}
