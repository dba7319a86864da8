package org.espalier.engine.plan;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import org.espalier.graph.DataType;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/** MaxPool, AveragePool and their global forms. */
final class PoolRule implements Rule {
  @Override
  public boolean plan(Layer layer, Planner planner) {
    Node node = layer.node();
    boolean global = node.is("GlobalAveragePool") || node.is("GlobalMaxPool");
    boolean local = node.is("AveragePool") || node.is("MaxPool");
    String input = node.inputs().isEmpty() ? "" : node.inputs().getFirst();
    Optional<long[]> in = global || local ? planner.dims(input) : Optional.empty();
    Optional<long[]> out = planner.shapes().shape(layer.output()).flatMap(s -> s.sizes());
    if (in.isEmpty() || out.isEmpty() || !planner.isFloat(input) || in.get().length < 3) {
      return false;
    }
    if (Tensor.elements(in.get()) == 0 || Tensor.elements(out.get()) == 0) {
      return false;
    }
    planner.settle(input);
    boolean max = node.op().contains("Max");
    if (global) {
      Home.Planes x = planner.planes(input);
      Home.Rows y = planner.newRows(DataType.FLOAT, out.get());
      planner.add(new Global(x, y.slot(), max), List.of(x.slot(), y.slot()));
      return done(layer, y, planner);
    }
    int rank = in.get().length - 2;
    if (rank > 2 || node.output(1).isPresent()) {
      return false;
    }
    long[] kernel = node.integers("kernel_shape").orElseThrow();
    long[] pads = node.integers("pads", new long[2 * rank]);
    Home.Planes x = planner.planes(input);
    Home.Planes y = planner.newPlanes(out.get());
    planner.add(
        new Pool(
            planner.kernels(),
            Geometry.of(node, in.get(), out.get(), kernel),
            x,
            y,
            max,
            node.integer("count_include_pad", 0) != 0,
            rank == 1 ? 0 : (int) pads[rank],
            (int) pads[2 * rank - 1]),
        List.of(x.slot(), y.slot()));
    return done(layer, y, planner);
  }

  private static boolean done(Layer layer, Home home, Planner planner) {
    planner.define(layer.output(), home);
    planner.explain(
        new Choice(layer.label(), layer.node().op(), "pool", home.layout(), 1, 0, "no weights"));
    return true;
  }

  /** One number for each channel. */
  record Global(Home.Planes x, Slot y, boolean max) implements Step {
    @Override
    public int tasks() {
      return x.batch();
    }

    @Override
    public void run(Frame frame, int task, int worker) {
      MemorySegment m = frame.memory;
      for (int channel = 0; channel < x.channels(); channel++) {
        long index = (long) task * x.channels() + channel;
        long at = x.slot().at + index * x.pitch();
        float best = Float.NEGATIVE_INFINITY;
        double sum = 0;
        for (int p = 0; p < x.pixels(); p++) {
          float value = m.get(ValueLayout.JAVA_FLOAT, at + 4L * p);
          best = Math.max(best, value);
          sum += value;
        }
        float result = max ? best : (float) (sum / x.pixels());
        m.set(ValueLayout.JAVA_FLOAT, y.at + 4 * index, result);
      }
    }
  }
}
