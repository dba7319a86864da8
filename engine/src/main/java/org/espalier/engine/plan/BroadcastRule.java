package org.espalier.engine.plan;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.espalier.engine.kernel.Curve;
import org.espalier.engine.kernel.Kernels;
import org.espalier.engine.kernel.Kernels.Combine;
import org.espalier.graph.DataType;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/**
 * Arithmetic on two values of any shapes that stretch to each other's, in the order in which the
 * larger one lies; and curves of views.
 */
final class BroadcastRule implements Rule {
  /** Goes over the runs of {@code nest}: the result's, then the operands'. */
  record Join(Kernels kernels, Combine op, Slot y, Slot a, Slot b, Nest nest) implements Step {
    @Override
    public int tasks() {
      return nest.tasks();
    }

    @Override
    public double micros() {
      return nest.outer() * (0.01 + nest.run() / (op == Combine.POW ? 300.0 : 6000.0));
    }

    @Override
    public void run(Frame frame, int task, int worker) {
      MemorySegment m = frame.memory;
      nest.forEach(
          task,
          (at, first, count) -> {
            long yAt = y.at + at[0] + 4 * first;
            long aAt = a.at + at[1] + nest.step(1) * first;
            long bAt = b.at + at[2] + nest.step(2) * first;
            long aStep = nest.step(1);
            long bStep = aStep == 0 && nest.step(2) == 0 ? 4 : nest.step(2);
            kernels.passes().combine(op, m, aAt, aStep, m, bAt, bStep, m, yAt, count);
          });
    }
  }

  @Override
  public boolean plan(Layer layer, Planner planner) {
    Node node = layer.node();
    Optional<Curve> curve = Activations.curve(node);
    Optional<Combine> op = ElementwiseRule.combine(node);
    Optional<long[]> dims = planner.shapes().shape(layer.output()).flatMap(s -> s.sizes());
    boolean floats = !node.inputs().isEmpty() && node.inputs().stream().allMatch(planner::isFloat);
    if (!floats || dims.isEmpty() || Tensor.elements(dims.get()) == 0) {
      return false;
    }
    for (String input : node.inputs()) {
      if (planner.dims(input).isEmpty()) {
        return false;
      }
    }
    if (curve.isPresent()) {
      return curve(layer, curve.get(), planner);
    }
    return op.isPresent()
        && node.inputs().size() == 2
        && layer.tail().residual().isEmpty()
        && join(layer, op.get(), dims.get(), planner);
  }

  private static boolean curve(Layer layer, Curve curve, Planner planner) {
    String input = layer.node().inputs().getFirst();
    Home.Strided x = Strides.of(planner.placed(input));
    Home.Placed y = Strides.inOrderOf(planner, DataType.FLOAT, x);
    Copy.add(planner, x, Strides.of(y));
    planner.add(
        new Tails.Apply(planner.kernels(), curve, y.slot(), y.slot(), Tails.extent(y)),
        List.of(y.slot()));
    planner.define(layer.output(), y);
    return done(layer, y, planner);
  }

  private static boolean join(Layer layer, Combine op, long[] dims, Planner planner) {
    List<String> in = layer.node().inputs();
    Home.Placed result = target(in, dims, planner);
    Home.Strided y = Strides.of(result);
    Home.Strided a = operand(in.get(0), y, planner);
    Home.Strided b = operand(in.get(1), y, planner);
    Nest nest = Nest.of(dims, y.strides(), a.strides(), b.strides());
    planner.add(
        new Join(planner.kernels(), op, y.slot(), a.slot(), b.slot(), nest),
        List.of(y.slot(), a.slot(), b.slot()));
    Tails.finish(layer, result, false, planner);
    return done(layer, result, planner);
  }

  /** A home for the result, in the order of an operand that is as large. */
  private static Home.Placed target(List<String> in, long[] dims, Planner planner) {
    Optional<String> model =
        in.stream()
            .filter(value -> Arrays.equals(planner.dims(value).orElseThrow(), dims))
            .filter(value -> planner.source(value) instanceof Home.Placed)
            .findFirst();
    return model
        .map(value -> Strides.of(planner.placed(value)))
        .filter(view -> Arrays.stream(view.strides()).noneMatch(stride -> stride == 0))
        .map(view -> Strides.inOrderOf(planner, DataType.FLOAT, view))
        .orElseGet(() -> planner.newRows(DataType.FLOAT, dims));
  }

  /** An operand stretched to the result; copied where kernels can't go along the result's runs. */
  private static Home.Strided operand(String value, Home.Strided y, Planner planner) {
    Home.Strided x = Strides.of(planner.placed(value));
    long[] strides = ViewRule.broadcast(x, y.dims());
    Nest nest = Nest.of(y.dims(), y.strides(), strides);
    var stretched = new Home.Strided(x.slot(), x.type(), y.dims(), strides);
    if (nest.step(1) == 0 || nest.step(1) == 4 || nest.run() == 1) {
      return stretched;
    }
    Home.Placed copy = Layouts.newLike(planner, y);
    Copy.add(planner, stretched, Strides.of(copy));
    return Strides.of(copy);
  }

  private static boolean done(Layer layer, Home.Placed y, Planner planner) {
    planner.explain(
        new Choice(
            layer.label(),
            layer.node().op(),
            "elementwise, runs of a view",
            y.layout(),
            1,
            0,
            "one vector pass"));
    return true;
  }
}
