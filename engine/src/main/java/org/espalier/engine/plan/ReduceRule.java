package org.espalier.engine.plan;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.espalier.engine.kernel.Kernels;
import org.espalier.engine.kernel.Kernels.Combine;
import org.espalier.graph.DataType;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/** Sums, means and extremes of floats over known axes. */
final class ReduceRule implements Rule {
  private static final Set<String> OPERATORS =
      Set.of("ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin");

  /**
   * Reduces along runs, or adds run to run.
   *
   * @param kept the loops over the result and where its numbers begin in x
   * @param gone the loops over what is reduced, of x alone
   * @param factor what the result is multiplied by
   */
  record Reduce(
      Kernels kernels, Combine op, Slot x, Slot y, Nest kept, Nest gone, Slot factor, boolean along)
      implements Step {
    @Override
    public int tasks() {
      return along
          ? (int) Math.clamp(kept.outer() * gone.outer() * gone.run() / 16_384, 1, kept.outer())
          : kept.tasks();
    }

    @Override
    public double micros() {
      return kept.outer() * kept.run() * (double) gone.outer() * gone.run() / 4000;
    }

    @Override
    public void run(Frame frame, int task, int worker) {
      MemorySegment m = frame.memory;
      if (along) {
        float scale = m.get(ValueLayout.JAVA_FLOAT, factor.at);
        long first = kept.outer() * task / tasks();
        long end = kept.outer() * (task + 1) / tasks();
        Nest.Walk walk = kept.from(first);
        for (long k = first; k < end; k++, walk.next()) {
          m.set(ValueLayout.JAVA_FLOAT, y.at + walk.at[0], scale * run(m, x.at + walk.at[1]));
        }
      } else {
        kept.forEach(
            task, (at, first, count) -> column(m, at[0] + 4 * first, at[1] + 4 * first, count));
      }
    }

    private float run(MemorySegment m, long at) {
      Nest.Walk inner = gone.from(0);
      float result = kernels.passes().reduce(op, m, at, gone.run());
      for (long k = 1; k < gone.outer(); k++) {
        inner.next();
        float more = kernels.passes().reduce(op, m, at + inner.at[0], gone.run());
        result =
            switch (op) {
              case MAX -> Math.max(result, more);
              case MIN -> Math.min(result, more);
              default -> result + more;
            };
      }
      return result;
    }

    private void column(MemorySegment m, long yAt, long xAt, long count) {
      long to = y.at + yAt;
      MemorySegment.copy(m, x.at + xAt, m, to, 4 * count);
      Nest.Walk inner = gone.from(0);
      for (long outer = 0; outer < gone.outer(); outer++, inner.next()) {
        for (long k = outer == 0 ? 1 : 0; k < gone.run(); k++) {
          long from = x.at + xAt + inner.at[0] + k * gone.step(0);
          kernels.passes().combine(op, m, to, 4, m, from, 4, m, to, count);
        }
      }
      if (op == Combine.ADD) {
        kernels.passes().combine(Combine.MUL, m, to, 4, m, factor.at, 0, m, to, count);
      }
    }
  }

  @Override
  public boolean plan(Layer layer, Planner planner) {
    Node node = layer.node();
    if (!node.isStandard() || !OPERATORS.contains(node.op())) {
      return false;
    }
    String input = node.inputs().getFirst();
    Optional<long[]> dims = planner.dims(input);
    Optional<long[]> to = planner.shapes().shape(layer.output()).flatMap(s -> s.sizes());
    if (!planner.isFloat(input)
        || dims.isEmpty()
        || to.isEmpty()
        || Tensor.elements(dims.get()) == 0) {
      return false;
    }
    Optional<boolean[]> reduced = reduced(node, dims.get().length, planner);
    if (reduced.isEmpty()) {
      return false;
    }
    Home.Strided x = Strides.of(planner.placed(input));
    if (Arrays.stream(x.strides()).anyMatch(stride -> stride == 0)) {
      x = Strides.of(planner.rows(input));
    }
    Step step = null;
    Home.Placed y = null;
    for (int attempt = 0; step == null && attempt < 2; attempt++) {
      x = attempt == 0 ? x : Strides.of(planner.rows(input));
      y = target(planner, x, reduced.get());
      step = step(node, planner, x, Strides.of(y), reduced.get());
    }
    if (step == null) {
      return false;
    }
    Slot factor = ((Reduce) step).factor();
    planner.add(step, List.of(x.slot(), y.slot(), factor));
    Home.Strided kept = Strides.of(y);
    long[] strides = Strides.reshaped(kept.dims(), kept.strides(), to.get()).orElseThrow();
    Home.Placed result =
        Strides.simplest(planner, new Home.Strided(y.slot(), y.type(), to.get(), strides));
    planner.define(layer.output(), result);
    planner.explain(
        new Choice(layer.label(), node.op(), "reduction", result.layout(), 1, 0, "vector passes"));
    return true;
  }

  private static Home.Placed target(Planner planner, Home.Strided x, boolean[] reduced) {
    long[] dims = x.dims().clone();
    for (int axis = 0; axis < dims.length; axis++) {
      dims[axis] = reduced[axis] ? 1 : dims[axis];
    }
    return Strides.inOrder(planner, DataType.FLOAT, dims, x.strides());
  }

  /** The step, where the numbers lie so that there is one, or null. */
  private static Step step(
      Node node, Planner planner, Home.Strided x, Home.Strided y, boolean[] reduced) {
    long[] inner = x.dims().clone();
    long count = 1;
    for (int axis = 0; axis < inner.length; axis++) {
      inner[axis] = reduced[axis] ? inner[axis] : 1;
      count *= inner[axis];
    }
    Nest gone = Nest.of(inner, x.strides());
    Nest kept = Nest.of(y.dims(), y.strides(), x.strides());
    boolean along = gone.step(0) == 4 || gone.run() == 1;
    if (!along && !(kept.step(0) == 4 && kept.step(1) == 4)) {
      return null;
    }
    float factor = node.is("ReduceMean") ? 1f / count : 1;
    Combine op =
        switch (node.op()) {
          case "ReduceMax" -> Combine.MAX;
          case "ReduceMin" -> Combine.MIN;
          default -> Combine.ADD;
        };
    Slot constant = planner.pin(Tensor.of(new float[] {factor}, 1)).slot();
    Nest loops = along ? Nest.eachOf(y.dims(), y.strides(), x.strides()) : kept;
    return new Reduce(planner.kernels(), op, x.slot(), y.slot(), loops, gone, constant, along);
  }

  /** Which axes are reduced, where that is known. */
  private static Optional<boolean[]> reduced(Node node, int rank, Planner planner) {
    boolean[] reduced = new boolean[rank];
    if (node.input(1).isEmpty()) {
      Arrays.fill(reduced, node.integer("noop_with_empty_axes", 0) == 0);
      return node.has("axes") ? Optional.empty() : Optional.of(reduced);
    }
    Optional<Tensor> axes = planner.shapes().constant(node.inputs().get(1));
    if (axes.isEmpty()) {
      return Optional.empty();
    }
    for (long axis : axes.get().integers()) {
      reduced[(int) Math.floorMod(axis, (long) rank)] = true;
    }
    if (axes.get().size() == 0) {
      Arrays.fill(reduced, node.integer("noop_with_empty_axes", 0) == 0);
    }
    return Optional.of(reduced);
  }
}
