package org.espalier.graph.pass;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.espalier.graph.Attribute;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/** SplitToSequence: a Split where the sizes are known, and slices where only the axis is. */
final class SplitRule {
  /** More parts than this are not written out one by one: a small file can declare a long axis. */
  private static final int LONGEST = 1 << 12;

  private SplitRule() {}

  /** The parts that a node cuts its input into, where their number can be told. */
  static Optional<Sequence> parts(Sequences walk, Node node, Rewriter out) {
    String x = node.inputs().getFirst();
    long axis = node.integer("axis", 0);
    Optional<String> split = node.input(1);
    boolean keepsAxis = split.isPresent() || node.integer("keepdims", 1) != 0;
    Optional<long[]> sizes = sizes(walk, node, out.size(x, (int) axis), out);
    if (sizes.isEmpty()) {
      return split.isEmpty()
          ? Optional.of(new Sequence.Slices(x, axis, keepsAxis))
          : split.filter(s -> out.rank(s).orElse(0) == 1).map(Sequence.Parts::new);
    }
    var parts = new ArrayList<String>();
    for (long _ : sizes.get()) {
      parts.add(out.fresh("part"));
    }
    if (!parts.isEmpty()) {
      List<String> inputs = List.of(x, out.ints(sizes.get()));
      out.emit(Node.of("Split", inputs, parts, Map.of("axis", Attribute.of(axis))));
    }
    if (!keepsAxis) {
      parts.replaceAll(part -> out.add("Squeeze", part, out.ints(axis)));
    }
    return Sequences.elements(parts);
  }

  /**
   * The sizes of the parts of an axis, where they are known and not too many.
   *
   * @param whole the size of the axis, or -1 where that is not known
   */
  private static Optional<long[]> sizes(Sequences walk, Node node, long whole, Rewriter out) {
    Optional<Tensor> given = node.input(1).flatMap(split -> walk.content(split, out));
    if (given.isPresent() && given.get().rank() == 1) {
      return Optional.of(given.get().integers());
    }
    if (whole < 0 || (node.input(1).isPresent() && given.isEmpty())) {
      return Optional.empty();
    }
    long part = given.map(tensor -> tensor.integerAt(0)).orElse(1L);
    if (part < 1) {
      throw new InvalidInputException(
          "node '%s' (%s): parts of size %d, expected 1 or more"
              .formatted(node.label(), node.op(), part));
    }
    long count = Math.ceilDiv(whole, part);
    if (count > LONGEST) {
      return Optional.empty();
    }
    long[] sizes = new long[(int) count];
    Arrays.setAll(sizes, k -> Math.min(part, whole - k * part));
    return Optional.of(sizes);
  }
}
