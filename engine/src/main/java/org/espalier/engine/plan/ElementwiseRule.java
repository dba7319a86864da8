package org.espalier.engine.plan;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.espalier.engine.kernel.Bounds;
import org.espalier.engine.kernel.Curve;
import org.espalier.engine.kernel.Kernels.Combine;
import org.espalier.graph.Node;

/** Activations, and arithmetic on two values of the same shape, in whatever layout they have. */
final class ElementwiseRule implements Rule {
  @Override
  public boolean plan(Layer layer, Planner planner) {
    Node node = layer.node();
    String input = node.inputs().isEmpty() ? "" : node.inputs().getFirst();
    if (!planner.has(input)
        || !planner.isFloat(input)
        || !(planner.home(input) instanceof Home.InMemory x)
        || x instanceof Home.Strided
        || (x instanceof Home.Shares shares && !SharedRows.areCompact(planner, shares))) {
      return false;
    }
    Optional<Curve> curve = Activations.curve(node);
    Optional<Bounds> bounds = Activations.bounds(node, planner.shapes());
    Optional<Combine> combine = combine(node);
    if (curve.isPresent()) {
      Home.InMemory y = Layouts.newLike(planner, x);
      planner.add(
          new Tails.Apply(planner.kernels(), curve.get(), x.slot(), y.slot(), Tails.extent(x)),
          List.of(x.slot(), y.slot()));
      return done(layer, y, planner);
    }
    if (bounds.isPresent()) {
      Home.InMemory y = Layouts.newLike(planner, x);
      planner.add(
          new Tails.Clamp(planner.kernels(), bounds.get(), x.slot(), y.slot(), Tails.extent(x)),
          List.of(x.slot(), y.slot()));
      return done(layer, y, planner);
    }
    if (combine.isPresent() && node.inputs().size() == 2) {
      String other = node.inputs().get(1);
      Optional<long[]> dims = planner.dims(other);
      // Pow takes a power of another type than its base.
      if (!planner.isFloat(other) || !dims.filter(d -> Arrays.equals(d, x.dims())).isPresent()) {
        return false;
      }
      Home.InMemory b = Layouts.like(planner, other, x);
      Home.InMemory y = Layouts.newLike(planner, x);
      planner.add(
          new Tails.Join(
              planner.kernels(),
              combine.get(),
              x.slot(),
              b.slot(),
              y.slot(),
              Tails.extent(x),
              layer.tail().bounds()),
          List.of(x.slot(), b.slot(), y.slot()));
      layer
          .tail()
          .curve()
          .ifPresent(
              c ->
                  planner.add(
                      new Tails.Apply(planner.kernels(), c, y.slot(), y.slot(), Tails.extent(y)),
                      List.of(y.slot())));
      return done(layer, y, planner);
    }
    return false;
  }

  private static boolean done(Layer layer, Home.InMemory y, Planner planner) {
    planner.define(layer.output(), y);
    planner.explain(
        new Choice(
            layer.label(), layer.node().op(), "elementwise", y.layout(), 1, 0, "one vector pass"));
    return true;
  }

  static Optional<Combine> combine(Node node) {
    if (!node.isStandard()) {
      return Optional.empty();
    }
    return switch (node.op()) {
      case "Add" -> Optional.of(Combine.ADD);
      case "Sub" -> Optional.of(Combine.SUB);
      case "Mul" -> Optional.of(Combine.MUL);
      case "Div" -> Optional.of(Combine.DIV);
      case "Max" -> Optional.of(Combine.MAX);
      case "Min" -> Optional.of(Combine.MIN);
      case "Pow" -> Optional.of(Combine.POW);
      default -> Optional.empty();
    };
  }
}
