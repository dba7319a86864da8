package org.espalier.engine.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.espalier.graph.Attribute;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/**
 * LayerNormalization and RMSNormalization over the last axis, spelled out as exporters before opset
 * 17 do: {@code d / sqrt(mean(d^2) + epsilon) * scale + shift}, where {@code d} is {@code x -
 * mean(x)} or {@code x} itself.
 */
final class NormPattern {
  /** The node that scales to unit variance, and what it divides by. */
  private record Division(Node node, String by) {}

  private final Surroundings around;
  private final List<Node> parts = new ArrayList<>();

  private NormPattern(Surroundings around) {
    this.around = around;
  }

  /** The normalisation whose square root is {@code sqrt}. */
  static Optional<Layer> at(Node sqrt, Surroundings around) {
    return sqrt.is("Sqrt") ? new NormPattern(around).find(sqrt) : Optional.empty();
  }

  private Optional<Layer> find(Node sqrt) {
    Optional<Node> sum = around.maker(sqrt.inputs().getFirst(), "Add");
    if (sum.isEmpty()) {
      return Optional.empty();
    }
    String variance = sum.get().inputs().get(0);
    Optional<Float> epsilon = around.number(sum.get().inputs().get(1));
    if (epsilon.isEmpty()) {
      variance = sum.get().inputs().get(1);
      epsilon = around.number(sum.get().inputs().get(0));
    }
    Optional<Node> mean = lastMean(variance);
    Optional<Node> square = mean.flatMap(m -> square(m.inputs().getFirst()));
    Optional<Division> division = division(sqrt);
    if (epsilon.isEmpty() || square.isEmpty() || division.isEmpty()) {
      return Optional.empty();
    }
    parts.addAll(List.of(sqrt, sum.get(), mean.get(), square.get(), division.get().node()));
    String d = square.get().inputs().getFirst();
    String divided = Surroundings.other(division.get().node(), division.get().by());
    Optional<Node> centred = around.maker(d, "Sub").filter(this::isCentred);
    Optional<Node> again = around.maker(divided, "Sub");
    boolean same =
        d.equals(divided)
            || (centred.isPresent()
                && again.filter(n -> n.inputs().equals(centred.get().inputs())).isPresent());
    if (!same || !around.isFloat(d)) {
      return Optional.empty();
    }
    if (centred.isPresent()) {
      parts.add(centred.get());
      parts.add(around.maker(centred.get().inputs().get(1), "ReduceMean").orElseThrow());
      again.filter(n -> !n.equals(centred.get())).ifPresent(parts::add);
    }
    String x = centred.map(n -> n.inputs().getFirst()).orElse(d);
    return layer(x, centred.isPresent(), epsilon.get(), division.get().node());
  }

  private Optional<Node> lastMean(String value) {
    return around.maker(value, "ReduceMean").filter(this::isOverLast);
  }

  private boolean isOverLast(Node mean) {
    int rank = around.shapes().rank(mean.inputs().getFirst());
    return mean.integer("keepdims", 1) == 1
        && mean.input(1)
            .flatMap(around.shapes()::constant)
            .filter(axes -> axes.size() == 1)
            .map(axes -> axes.integerAt(0))
            .filter(axis -> axis == -1 || axis == rank - 1)
            .isPresent();
  }

  private boolean isCentred(Node sub) {
    return lastMean(sub.inputs().get(1))
        .filter(mean -> mean.inputs().getFirst().equals(sub.inputs().getFirst()))
        .isPresent();
  }

  private Optional<Node> square(String value) {
    return around
        .maker(value, "Pow")
        .filter(pow -> around.isNumber(pow.inputs().get(1), 2))
        .or(
            () ->
                around
                    .maker(value, "Mul")
                    .filter(mul -> mul.inputs().get(0).equals(mul.inputs().get(1))));
  }

  /** {@code d / sqrt} or {@code d * (1 / sqrt)}. */
  private Optional<Division> division(Node sqrt) {
    String root = sqrt.outputs().getFirst();
    Optional<Node> div = around.next(root, "Div").filter(node -> node.inputs().get(1).equals(root));
    if (div.isPresent() && !around.isNumber(div.get().inputs().getFirst(), 1)) {
      return Optional.of(new Division(div.get(), root));
    }
    Optional<Node> reciprocal = div.or(() -> around.next(root, "Reciprocal"));
    if (reciprocal.isEmpty()) {
      return Optional.empty();
    }
    parts.add(reciprocal.get());
    String inverse = reciprocal.get().outputs().getFirst();
    return around.next(inverse, "Mul").map(node -> new Division(node, inverse));
  }

  private Optional<Layer> layer(String x, boolean centred, float epsilon, Node division) {
    String result = division.outputs().getFirst();
    long size =
        around.shapes().shape(x).map(shape -> shape.dim(shape.rank() - 1).sizeOr(-1)).orElse(-1L);
    var inputs = new ArrayList<String>(List.of(x, "", ""));
    for (int k = 1; k <= 2; k++) {
      Optional<Node> node = around.next(result, k == 1 ? "Mul" : "Add");
      if (node.isPresent()) {
        String value = Surroundings.other(node.get(), result);
        if (around.constant(value).filter(c -> isVector(c, size)).isPresent()) {
          parts.add(node.get());
          inputs.set(k, value);
          result = node.get().outputs().getFirst();
        }
      }
    }
    Node whole =
        new Node(
            parts.getFirst().name(),
            centred ? "LayerNormalization" : "RMSNormalization",
            "",
            "",
            inputs,
            List.of(result),
            Map.of("epsilon", new Attribute.FloatValue(epsilon)),
            parts.getFirst().details());
    return around.layer(whole, parts);
  }

  private static boolean isVector(Tensor constant, long size) {
    return constant.size() == size && constant.rank() > 0 && constant.dim(-1) == size;
  }
}
