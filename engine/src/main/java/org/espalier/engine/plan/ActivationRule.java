package org.espalier.engine.plan;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import org.espalier.engine.kernel.Bounds;
import org.espalier.engine.kernel.Kernels;
import org.espalier.engine.kernel.Kernels.Combine;
import org.espalier.graph.Node;

/** Activations that have numbers of their own: a line, held in bounds or joined with the input. */
final class ActivationRule implements Rule {
  /**
   * {@code y = clamp(scale * x + shift)}, or the larger or less of that and x.
   *
   * @param join how the line is joined with x, if at all
   */
  record Line(
      Kernels kernels,
      float scale,
      float shift,
      Bounds bounds,
      Optional<Combine> join,
      Slot x,
      Slot y,
      long count)
      implements Step {
    private static final int CHUNK = 4 * 1024;

    @Override
    public int tasks() {
      return (int) Math.ceilDiv(count, CHUNK);
    }

    @Override
    public double micros() {
      return count / 6000.0;
    }

    @Override
    public void run(Frame frame, int task, int worker) {
      MemorySegment m = frame.memory;
      long at = 4L * task * CHUNK;
      long part = Math.min(CHUNK, count - (long) task * CHUNK);
      kernels.affine(scale, shift, m, x.at + at, m, y.at + at, part, bounds);
      if (join.isPresent()) {
        kernels.combine(join.get(), m, x.at + at, m, y.at + at, m, y.at + at, part, Bounds.NONE);
      }
    }
  }

  @Override
  public boolean plan(Layer layer, Planner planner) {
    Node node = layer.node();
    boolean known = node.is("LeakyRelu") || node.is("HardSigmoid");
    if (!known || !planner.isFloat(node.inputs().getFirst())) {
      return false;
    }
    if (planner.dims(node.inputs().getFirst()).isEmpty()) {
      return false;
    }
    Home.Placed x = planner.placed(node.inputs().getFirst());
    if (x instanceof Home.Strided) {
      x = planner.rows(node.inputs().getFirst());
    }
    boolean leaky = node.is("LeakyRelu");
    float scale = node.real("alpha", leaky ? 0.01f : 0.2f);
    Home.Placed y = Layouts.newLike(planner, x);
    planner.add(
        new Line(
            planner.kernels(),
            scale,
            leaky ? 0 : node.real("beta", 0.5f),
            leaky ? Bounds.NONE : new Bounds(0, 1),
            leaky ? Optional.of(scale <= 1 ? Combine.MAX : Combine.MIN) : Optional.empty(),
            x.slot(),
            y.slot(),
            Tails.extent(x)),
        List.of(x.slot(), y.slot()));
    planner.explain(
        new Choice(layer.label(), node.op(), "elementwise", y.layout(), 1, 0, "one vector pass"));
    planner.define(layer.output(), y);
    return true;
  }
}
