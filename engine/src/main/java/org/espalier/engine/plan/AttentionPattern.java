package org.espalier.engine.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Node;

/**
 * A softmax between two products of activations: {@code softmax(scale * q k + mask) v}, with a mask
 * that is added, chosen by Where, or absent. What reshapes and transposes stand around it are views
 * and need no place in the pattern.
 */
final class AttentionPattern {
  /** The operator of the layer found: inputs q, k (features before keys), v, and the mask. */
  static final String OP = "FusedAttention";

  /**
   * Scores that a Where puts in a masked one's place are below this, where adding does the same.
   */
  static final float MASKED = -1e30f;

  private final Surroundings around;
  private final List<Node> parts = new ArrayList<>();
  private String mask = "";
  private float masked;
  private float scale = 1;

  private AttentionPattern(Surroundings around) {
    this.around = around;
  }

  static Optional<Layer> at(Node softmax, Surroundings around) {
    return softmax.is("Softmax") ? new AttentionPattern(around).find(softmax) : Optional.empty();
  }

  private Optional<Layer> find(Node softmax) {
    int rank = around.shapes().rank(softmax.inputs().getFirst());
    long axis = softmax.integer("axis", -1);
    String weights = softmax.outputs().getFirst();
    Optional<Node> second =
        around.next(weights, "MatMul").filter(n -> n.inputs().getFirst().equals(weights));
    boolean last = axis == -1 || axis == rank - 1;
    if (second.isEmpty() || !last || rank < 3 || !around.isFloat(weights)) {
      return Optional.empty();
    }
    parts.add(softmax);
    parts.add(second.get());
    Optional<Node> first = scores(softmax.inputs().getFirst());
    if (first.isEmpty()) {
      return Optional.empty();
    }
    parts.add(first.get());
    Node whole =
        new Node(
            softmax.name(),
            OP,
            "org.espalier",
            "",
            List.of(
                first.get().inputs().get(0),
                first.get().inputs().get(1),
                second.get().inputs().get(1),
                mask),
            second.get().outputs(),
            Map.of(
                "scale", new Attribute.FloatValue(scale),
                "masked", new Attribute.FloatValue(masked)),
            softmax.details());
    return around.layer(whole, parts);
  }

  /** The product that makes the scores, through mask and scale. */
  private Optional<Node> scores(String value) {
    String scores = value;
    Optional<Node> where = around.maker(scores, "Where").filter(this::isMask);
    Optional<Node> add = around.maker(scores, "Add");
    if (where.isPresent()) {
      parts.add(where.get());
      mask = where.get().inputs().get(0);
      masked = around.number(where.get().inputs().get(2)).orElseThrow();
      scores = where.get().inputs().get(1);
    } else if (add.isPresent()) {
      parts.add(add.get());
      int side = isScore(add.get().inputs().get(0)) ? 0 : 1;
      mask = add.get().inputs().get(1 - side);
      scores = add.get().inputs().get(side);
    }
    for (String op : List.of("Mul", "Div")) {
      Optional<Node> scaled = around.maker(scores, op);
      if (scaled.isPresent()) {
        Node node = scaled.get();
        int side = op.equals("Mul") && around.number(node.inputs().get(0)).isPresent() ? 1 : 0;
        Optional<Float> number = around.number(node.inputs().get(1 - side));
        if (number.isEmpty()) {
          return Optional.empty();
        }
        parts.add(node);
        scale *= op.equals("Mul") ? number.get() : 1 / number.get();
        scores = node.inputs().get(side);
      }
    }
    return around.maker(scores, "MatMul");
  }

  /** Whether a value is a product, or one times a number. */
  private boolean isScore(String value) {
    return around.maker(value, "MatMul").isPresent()
        || around
            .maker(value, "Mul")
            .or(() -> around.maker(value, "Div"))
            .filter(
                n ->
                    n.inputs().stream().anyMatch(i -> around.maker(i, "MatMul").isPresent())
                        && n.inputs().stream().anyMatch(i -> around.number(i).isPresent()))
            .isPresent();
  }

  private boolean isMask(Node where) {
    return around.shapes().element(where.inputs().get(0)).filter(DataType.BOOL::equals).isPresent()
        && around.number(where.inputs().get(2)).filter(v -> v <= MASKED).isPresent();
  }
}
