package org.espalier.engine.plan;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.espalier.graph.Graph;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.infer.Shapes;

/**
 * Whether what a model makes of an example depends on that example alone, so that a batch may be
 * run in parts. This is proved node by node: every value is either the same whatever the batch, or
 * has the batch as its first axis, in the order of the inputs. What no rule knows ends the proof.
 */
final class Examples {
  /** What a value has to do with the batch. */
  private enum Kind {
    /** A constant that is the same for every batch. */
    SAME,
    /** Known beforehand, but another for another batch: computed from shapes. */
    SIZES,
    /** The first axis is the batch. */
    EACH
  }

  private static final Set<String> ELEMENTWISE =
      Set.of(
          ("Abs Cast Ceil Celu Clip Cos Elu Erf Exp Floor Gelu HardSigmoid HardSwish"
                  + " Identity LeakyRelu Log Mish Neg Not Reciprocal Relu Round Selu Sigmoid Sign"
                  + " Sin Softplus Softsign Sqrt Tanh ThresholdedRelu")
              .split(" "));

  private static final Set<String> BROADCASTING =
      Set.of(
          ("Add And Div Equal Greater GreaterOrEqual Less LessOrEqual Max Mean Min Mul"
                  + " Or PRelu Pow Sub Sum Where Xor")
              .split(" "));

  /** Operators on images, whose first axis is always the batch. */
  private static final Set<String> IMAGES =
      Set.of(
          ("AveragePool BatchNormalization Conv ConvTranspose DepthToSpace"
                  + " GlobalAveragePool GlobalMaxPool GroupNormalization InstanceNormalization"
                  + " LRN MaxPool SpaceToDepth")
              .split(" "));

  /** Those that leave numbers in their order: where the first axis stays, so do the examples. */
  private static final Set<String> RESHAPING = Set.of("Flatten", "Reshape", "Squeeze", "Unsqueeze");

  private final Graph whole;
  private final Graph part;
  private final Shapes shapes;
  private final Shapes partShapes;
  private final long batch;
  private final long size;
  private final Map<String, Kind> kinds = new HashMap<>();

  Examples(Chunking.Part whole, Chunking.Part part, long batch, long size) {
    this.whole = whole.model().graph();
    this.part = part.model().graph();
    this.shapes = whole.shapes();
    this.partShapes = part.shapes();
    this.batch = batch;
    this.size = size;
  }

  /** Whether the whole makes of each example what the part makes of it. */
  boolean areIndependent() {
    whole.initializers().keySet().forEach(name -> kinds.put(name, Kind.SAME));
    for (ValueInfo input : whole.requiredInputs()) {
      if (!leads(input.name())) {
        return false;
      }
      kinds.put(input.name(), Kind.EACH);
    }
    if (whole.nodes().size() != part.nodes().size()) {
      return false;
    }
    for (int k = 0; k < whole.nodes().size(); k++) {
      Node node = whole.nodes().get(k);
      if (!isSame(node, part.nodes().get(k)) || !follow(node)) {
        return false;
      }
    }
    return whole.outputs().stream().allMatch(output -> kinds.get(output.name()) == Kind.EACH);
  }

  /** Whether the nodes differ at most in the shape that they ask for, which is checked. */
  private static boolean isSame(Node node, Node other) {
    return node.equals(other)
        || ((node.is("Reshape") || node.is("Expand"))
            && node.op().equals(other.op())
            && node.inputs().getFirst().equals(other.inputs().getFirst())
            && node.outputs().equals(other.outputs())
            && node.attributes().equals(other.attributes()));
  }

  private boolean follow(Node node) {
    List<String> made = node.outputs().stream().filter(output -> !output.isEmpty()).toList();
    if (made.stream().allMatch(this::isKnown)) {
      made.forEach(
          output ->
              kinds.put(
                  output,
                  shapes.constant(output).equals(partShapes.constant(output))
                      ? Kind.SAME
                      : Kind.SIZES));
      return true;
    }
    if (!node.isStandard() || !made.stream().allMatch(this::leads) || !keepsApart(node)) {
      return false;
    }
    made.forEach(output -> kinds.put(output, Kind.EACH));
    return true;
  }

  private boolean isKnown(String value) {
    return shapes.constant(value).isPresent() && partShapes.constant(value).isPresent();
  }

  /** Whether the batch is the first axis of the value and no other axis depends on it. */
  private boolean leads(String value) {
    Optional<long[]> all = shapes.shape(value).flatMap(Shape::sizes);
    Optional<long[]> some = partShapes.shape(value).flatMap(Shape::sizes);
    if (all.isEmpty() || some.isEmpty() || all.get().length == 0) {
      return false;
    }
    long[] expected = all.get().clone();
    boolean first = expected[0] == batch;
    expected[0] = size;
    return first && Arrays.equals(expected, some.get());
  }

  private boolean keepsApart(Node node) {
    String op = node.op();
    if (ELEMENTWISE.contains(op)) {
      return isEach(node, 0) && restIsSame(node);
    }
    if (BROADCASTING.contains(op)) {
      return isEach(node) && broadcasts(node, 0);
    }
    if (IMAGES.contains(op)) {
      // The positions that MaxPool gives are counted through the batch.
      return isEach(node, 0)
          && restIsSame(node)
          && node.outputs().size() == 1
          && node.integer("training_mode", 0) == 0;
    }
    if (RESHAPING.contains(op)) {
      return isEach(node, 0)
          && node.inputs().stream().skip(1).noneMatch(input -> kinds.get(input) == Kind.EACH);
    }
    if (op.startsWith("Reduce")) {
      return isEach(node, 0) && restIsSame(node) && isElsewhere(node, 1, "axes");
    }
    return switch (op) {
      case "Concat" -> node.inputs().stream().allMatch(this::isEach) && hasInnerAxis(node, 0);
      case "Softmax", "LogSoftmax" -> isEach(node, 0) && hasInnerAxis(node, -1);
      case "LayerNormalization", "RMSNormalization" ->
          isEach(node, 0)
              && hasInnerAxis(node, -1)
              && node.outputs().size() == 1
              && broadcasts(node, 1);
      case "Split" -> isEach(node, 0) && restIsSame(node) && hasInnerAxis(node, 0);
      case "Slice" -> isEach(node, 0) && restIsSame(node) && isElsewhere(node, 3, "axes");
      case "Transpose" -> isEach(node, 0) && node.integers("perm", -1)[0] == 0;
      case "Gemm" ->
          isEach(node, 0)
              && node.integer("transA", 0) == 0
              && isSame(node, 1)
              && (node.input(2).isEmpty() || isBroadcast(node.inputs().get(2), 2));
      case "MatMul" -> multipliesApart(node);
      case "Expand" ->
          isBroadcast(node.inputs().getFirst(), rank(node.outputs().getFirst()))
              && !isEach(node, 1);
      case "Gather" -> gathersApart(node);
      case "Pad" -> padsApart(node);
      case "Resize" -> scalesApart(node);
      default -> false;
    };
  }

  private boolean isEach(String value) {
    return kinds.get(value) == Kind.EACH;
  }

  private boolean isEach(Node node, int input) {
    return node.input(input).filter(this::isEach).isPresent();
  }

  /** Whether any input has the batch. */
  private boolean isEach(Node node) {
    return node.inputs().stream().anyMatch(this::isEach);
  }

  private boolean isSame(Node node, int input) {
    return node.input(input).filter(value -> kinds.get(value) == Kind.SAME).isPresent();
  }

  private boolean restIsSame(Node node) {
    return node.inputs().stream()
        .skip(1)
        .allMatch(input -> input.isEmpty() || kinds.get(input) == Kind.SAME);
  }

  private int rank(String value) {
    return shapes.rank(value);
  }

  /** Whether all inputs from {@code first} on meet examples of the output as they should. */
  private boolean broadcasts(Node node, int first) {
    int rank = rank(node.outputs().getFirst());
    return node.inputs().stream()
        .skip(first)
        .allMatch(input -> input.isEmpty() || isBroadcast(input, rank));
  }

  /** Whether a value meets each example of a value of this rank: with its own, or all alike. */
  private boolean isBroadcast(String value, int rank) {
    int own = rank(value);
    return switch (kinds.get(value)) {
      case EACH -> own == rank;
      case SAME -> own >= 0 && (own < rank || (own == rank && dim(value) == 1));
      case SIZES -> false;
      case null -> false;
    };
  }

  /** The size of the first axis, or -1. */
  private long dim(String value) {
    return shapes.shape(value).map(shape -> shape.dim(0).sizeOr(-1)).orElse(-1L);
  }

  private boolean hasInnerAxis(Node node, long otherwise) {
    return isInner(node.integer("axis", otherwise), rank(node.inputs().getFirst()));
  }

  private static boolean isInner(long axis, int rank) {
    return (axis < 0 ? axis + rank : axis) > 0;
  }

  /** Whether the axes, an input or an attribute, are given and none is the first. */
  private boolean isElsewhere(Node node, int input, String attribute) {
    int rank = rank(node.inputs().getFirst());
    Optional<long[]> axes =
        node.input(input)
            .flatMap(shapes::constant)
            .map(Tensor::integers)
            .or(() -> node.integers(attribute));
    return axes.isPresent()
        && axes.get().length > 0
        && Arrays.stream(axes.get()).allMatch(axis -> isInner(axis, rank));
  }

  private boolean multipliesApart(Node node) {
    String left = node.inputs().get(0);
    String right = node.inputs().get(1);
    int rank = Math.max(rank(left), rank(right));
    if (isEach(left) && isEach(right)) {
      return rank >= 3 && rank(left) == rank(right);
    }
    if (isEach(left)) {
      boolean matrix = rank(right) <= 2 && rank(right) > 0 && rank(left) >= 2;
      return isSame(node, 1) && (matrix || (rank >= 3 && isBroadcast(right, rank(left))));
    }
    return isEach(right) && rank(right) >= 3 && isBroadcast(left, rank(right));
  }

  private boolean gathersApart(Node node) {
    long axis = node.integer("axis", 0);
    boolean fromEach = isEach(node, 0) && isSame(node, 1) && hasInnerAxis(node, 0);
    boolean table = isSame(node, 0) && isEach(node, 1) && axis == 0;
    return fromEach || table;
  }

  private boolean padsApart(Node node) {
    Optional<long[]> pads = node.input(1).flatMap(shapes::constant).map(Tensor::integers);
    int rank = rank(node.inputs().getFirst());
    return isEach(node, 0)
        && restIsSame(node)
        && node.input(3).isEmpty()
        && pads.filter(p -> p.length == 2 * rank && p[0] == 0 && p[rank] == 0).isPresent();
  }

  /**
   * Scales must leave the first axis alone; sizes do where the output's first axis is the batch.
   */
  private boolean scalesApart(Node node) {
    boolean known =
        IntStream.range(1, node.inputs().size())
            .allMatch(k -> node.input(k).isEmpty() || !isEach(node, k));
    boolean plain =
        node.integers("axes").isEmpty()
            && node.text("keep_aspect_ratio_policy", "stretch").equals("stretch")
            && !node.text("coordinate_transformation_mode", "").equals("tf_crop_and_resize");
    Optional<Tensor> scales = node.input(2).flatMap(shapes::constant);
    boolean unscaled = scales.isEmpty() || scales.get().size() == 0 || scales.get().realAt(0) == 1;
    return isEach(node, 0) && known && plain && unscaled;
  }
}
