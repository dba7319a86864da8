package org.espalier.engine.plan;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import org.espalier.engine.kernel.Bounds;
import org.espalier.engine.kernel.Kernels;
import org.espalier.engine.kernel.Passes.Norm;
import org.espalier.graph.DataType;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/** InstanceNormalization: each plane normalised, then scaled and shifted as its channel says. */
final class InstanceNormRule implements Rule {
  /**
   * Normalises planes.
   *
   * @param ones as many as a plane has pixels
   */
  record Normalise(
      Kernels kernels,
      Norm norm,
      MemorySegment ones,
      float[] scale,
      float[] shift,
      Home.Planes x,
      Home.Planes y)
      implements Step {
    @Override
    public int tasks() {
      return x.batch() * x.channels();
    }

    @Override
    public double micros() {
      return x.batch() * (double) x.channels() * x.pitch() / 8000;
    }

    @Override
    public void run(Frame frame, int task, int worker) {
      MemorySegment m = frame.memory;
      int channel = task % x.channels();
      long from = x.slot().at + task * x.pitch();
      long to = y.slot().at + task * y.pitch();
      kernels.passes().normaliseRow(norm, x.pixels(), m, from, ones, 0, -1, m, to);
      kernels.affine(scale[channel], shift[channel], m, to, m, to, x.pixels(), Bounds.NONE);
    }
  }

  @Override
  public boolean plan(Layer layer, Planner planner) {
    Node node = layer.node();
    if (!node.is("InstanceNormalization")) {
      return false;
    }
    String input = node.inputs().getFirst();
    Optional<long[]> dims = planner.dims(input);
    Optional<Tensor> scale = planner.constant(node.inputs().get(1));
    Optional<Tensor> shift = planner.constant(node.inputs().get(2));
    boolean possible =
        dims.isPresent()
            && dims.get().length >= 3
            && Tensor.elements(dims.get()) > 0
            && planner.isFloat(input)
            && scale.filter(t -> t.type() == DataType.FLOAT).isPresent()
            && shift.filter(t -> t.type() == DataType.FLOAT).isPresent();
    if (!possible) {
      return false;
    }
    Home.Planes x = planner.planes(input);
    Home.Planes y = planner.newPlanes(dims.get());
    MemorySegment ones = Weights.aligned(4L * (x.pixels() + 64));
    for (int k = 0; k < x.pixels() + 64; k++) {
      ones.setAtIndex(ValueLayout.JAVA_FLOAT, k, 1);
    }
    planner.add(
        new Normalise(
            planner.kernels(),
            new Norm(true, node.real("epsilon", 1e-5f)),
            ones,
            scale.get().floats(),
            shift.get().floats(),
            x,
            y),
        List.of(x.slot(), y.slot()));
    planner.explain(
        new Choice(layer.label(), node.op(), "normalise", y.layout(), 1, 0, "plane by plane"));
    planner.define(layer.output(), y);
    return true;
  }
}
