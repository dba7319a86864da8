package org.espalier.engine.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.espalier.graph.Attribute;
import org.espalier.graph.Bytes;
import org.espalier.graph.Node;

/** GELU spelled out with Erf or Tanh, its factors in any order. */
final class GeluPattern {
  private final Surroundings around;
  private final List<Node> parts = new ArrayList<>();

  private GeluPattern(Surroundings around) {
    this.around = around;
  }

  /** The GELU around an Erf or a Tanh. */
  static Optional<Layer> at(Node node, Surroundings around) {
    var pattern = new GeluPattern(around);
    if (node.is("Erf")) {
      return pattern
          .times(node.inputs().getFirst(), Math.sqrt(0.5))
          .flatMap(x -> pattern.find(node, x));
    }
    return node.is("Tanh")
        ? pattern.cubic(node).flatMap(x -> pattern.find(node, x))
        : Optional.empty();
  }

  /** The value that {@code value} is {@code factor} times of. */
  private Optional<String> times(String value, double factor) {
    for (Node node : around.maker(value, "Mul").stream().toList()) {
      for (int k = 0; k < 2; k++) {
        if (around.isNumber(node.inputs().get(k), factor)) {
          parts.add(node);
          return Optional.of(node.inputs().get(1 - k));
        }
      }
    }
    return around
        .maker(value, "Div")
        .filter(node -> around.isNumber(node.inputs().get(1), 1 / factor))
        .map(
            node -> {
              parts.add(node);
              return node.inputs().getFirst();
            });
  }

  /** The x of {@code tanh(sqrt(2 / pi) * (x + 0.044715 x^3))}. */
  private Optional<String> cubic(Node tanh) {
    Optional<Node> sum =
        times(tanh.inputs().getFirst(), Math.sqrt(2 / Math.PI))
            .flatMap(value -> around.maker(value, "Add"));
    if (sum.isEmpty()) {
      return Optional.empty();
    }
    parts.add(sum.get());
    for (int k = 0; k < 2; k++) {
      String x = sum.get().inputs().get(k);
      Optional<String> cube = times(sum.get().inputs().get(1 - k), 0.044715);
      if (cube.isPresent()) {
        return cube.filter(value -> isCube(value, x)).map(ignored -> x);
      }
    }
    return Optional.empty();
  }

  private boolean isCube(String value, String x) {
    Optional<Node> pow =
        around
            .maker(value, "Pow")
            .filter(n -> n.inputs().getFirst().equals(x) && around.isNumber(n.inputs().get(1), 3));
    if (pow.isPresent()) {
      parts.add(pow.get());
      return true;
    }
    Optional<Node> product = around.maker(value, "Mul").filter(n -> n.inputs().contains(x));
    Optional<Node> square =
        product
            .flatMap(n -> around.maker(Surroundings.other(n, x), "Mul"))
            .filter(n -> n.inputs().equals(List.of(x, x)));
    product.ifPresent(parts::add);
    square.ifPresent(parts::add);
    return square.isPresent();
  }

  private Optional<Layer> find(Node curve, String x) {
    parts.add(curve);
    String value = curve.outputs().getFirst();
    Optional<Node> one =
        around.next(value, "Add").filter(n -> around.isNumber(Surroundings.other(n, value), 1));
    if (one.isEmpty() || !around.isFloat(x)) {
      return Optional.empty();
    }
    parts.add(one.get());
    String gate = one.get().outputs().getFirst();
    Optional<Node> product = around.next(gate, "Mul");
    if (product.isEmpty()) {
      return Optional.empty();
    }
    parts.add(product.get());
    String other = Surroundings.other(product.get(), gate);
    String result = product.get().outputs().getFirst();
    if (times(other, 0.5).filter(x::equals).isPresent()) {
      return layer(curve, x, result);
    }
    boolean first = other.equals(x);
    if (!first && !around.isNumber(other, 0.5)) {
      return Optional.empty();
    }
    Optional<Node> last =
        around
            .next(result, "Mul")
            .filter(
                n -> {
                  String rest = Surroundings.other(n, result);
                  return first ? around.isNumber(rest, 0.5) : rest.equals(x);
                });
    last.ifPresent(parts::add);
    return last.flatMap(n -> layer(curve, x, n.outputs().getFirst()));
  }

  private Optional<Layer> layer(Node curve, String x, String result) {
    Map<String, Attribute> form =
        curve.is("Erf")
            ? Map.of()
            : Map.of("approximate", new Attribute.StringValue(Bytes.utf8("tanh")));
    Node whole =
        new Node(curve.name(), "Gelu", "", "", List.of(x), List.of(result), form, curve.details());
    return around.layer(whole, parts);
  }
}
