package org.espalier.engine.plan;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.espalier.engine.kernel.Kernels;
import org.espalier.graph.DataType;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/** Softmax and LogSoftmax of floats; the axis is brought together where its numbers lie apart. */
final class SoftmaxRule implements Rule {
  /** Each run of {@code size} numbers; {@code nest} goes over where they begin. */
  record Along(Kernels kernels, int size, Slot x, Slot y, Nest nest, boolean log) implements Step {
    private static final int CHUNK = 32;

    @Override
    public int tasks() {
      return Math.toIntExact(Math.ceilDiv(nest.outer(), CHUNK));
    }

    @Override
    public double micros() {
      return nest.outer() * (0.05 + size / 1500.0);
    }

    @Override
    public void run(Frame frame, int task, int worker) {
      long end = Math.min(nest.outer(), (task + 1L) * CHUNK);
      Nest.Walk walk = nest.from((long) task * CHUNK);
      for (long row = (long) task * CHUNK; row < end; row++, walk.next()) {
        kernels
            .passes()
            .softmaxRow(
                size, frame.memory, x.at + walk.at[1], frame.memory, y.at + walk.at[0], log);
      }
    }
  }

  @Override
  public boolean plan(Layer layer, Planner planner) {
    Node node = layer.node();
    boolean log = node.is("LogSoftmax");
    if (!log && !node.is("Softmax")) {
      return false;
    }
    String input = node.inputs().getFirst();
    Optional<long[]> dims = planner.dims(input);
    if (!planner.isFloat(input)
        || dims.isEmpty()
        || dims.get().length == 0
        || Tensor.elements(dims.get()) == 0) {
      return false;
    }
    int rank = dims.get().length;
    int axis = (int) Math.floorMod(node.integer("axis", -1), (long) rank);
    Home.Strided x = Strides.of(planner.placed(input));
    boolean dense = Arrays.stream(x.strides()).noneMatch(stride -> stride == 0);
    if (!dense || (x.dims()[axis] > 1 && x.strides()[axis] != 4)) {
      // In rows, but with the axis innermost.
      long[] order = Strides.rows(dims.get(), 8);
      order[axis] = 1;
      x =
          Strides.of(
              Copy.into(
                  planner, input, Strides.inOrder(planner, DataType.FLOAT, dims.get(), order)));
    }
    Home.Strided y = x.in(planner.slot(Strides.extent(x.dims(), x.strides()) + 4));
    long[] others = dims.get().clone();
    others[axis] = 1;
    Nest nest = Nest.eachOf(others, y.strides(), x.strides());
    planner.add(
        new Along(planner.kernels(), (int) dims.get()[axis], x.slot(), y.slot(), nest, log),
        List.of(x.slot(), y.slot()));
    Home.Placed result = Strides.simplest(planner, y);
    planner.define(layer.output(), result);
    planner.explain(
        new Choice(
            layer.label(), node.op(), "softmax, row by row", result.layout(), 1, 0, "two passes"));
    return true;
  }
}
