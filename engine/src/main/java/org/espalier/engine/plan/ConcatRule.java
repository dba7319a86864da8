package org.espalier.engine.plan;

import java.util.Optional;
import org.espalier.graph.DataType;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/** Concat of floats, in the order in which the largest input lies. */
final class ConcatRule implements Rule {
  @Override
  public boolean plan(Layer layer, Planner planner) {
    Node node = layer.node();
    Optional<long[]> dims = planner.shapes().shape(layer.output()).flatMap(s -> s.sizes());
    if (!node.is("Concat") || dims.isEmpty() || Tensor.elements(dims.get()) == 0) {
      return false;
    }
    String largest = "";
    long most = -1;
    for (String input : node.inputs()) {
      Optional<long[]> known = planner.dims(input);
      if (known.isEmpty() || !planner.isFloat(input)) {
        return false;
      }
      long elements = Tensor.elements(known.get());
      if (elements > most && planner.constant(input).isEmpty()) {
        largest = input;
        most = elements;
      }
    }
    if (most < 0) {
      return false;
    }
    int axis = (int) Math.floorMod(node.integer("axis", 0), (long) dims.get().length);
    long[] order = Strides.of(planner.placed(largest)).strides();
    Home.Placed result = Strides.inOrder(planner, DataType.FLOAT, dims.get(), order);
    Home.Strided y = Strides.of(result);
    long offset = 0;
    for (String input : node.inputs()) {
      long[] own = planner.dims(input).get();
      if (Tensor.elements(own) > 0) {
        var part = new Home.Strided(y.slot().part(offset), y.type(), own, y.strides());
        Copy.add(planner, Strides.of(planner.placed(input)), part);
      }
      offset += own[axis] * y.strides()[axis];
    }
    planner.define(layer.output(), result);
    planner.explain(
        new Choice(
            layer.label(), node.op(), "copy", result.layout(), 1, 0, "as its largest input lies"));
    return true;
  }
}
