package org.espalier.engine.plan;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/** DepthToSpace: blocks of channels become blocks of pixels. */
final class DepthToSpaceRule implements Rule {
  /**
   * Takes the planes of a channel in turn.
   *
   * @param block pixels of a block's side
   * @param step from one plane of a channel's block to the next, in planes
   * @param stride from one channel's planes to the next channel's, in planes
   */
  record Interleave(int block, int step, int stride, Home.Planes x, Home.Planes y) implements Step {
    @Override
    public int tasks() {
      return y.batch() * y.channels();
    }

    @Override
    public double micros() {
      return y.batch() * (double) y.channels() * y.pixels() / 1000;
    }

    @Override
    public void run(Frame frame, int task, int worker) {
      MemorySegment m = frame.memory;
      long first = (long) task / y.channels() * x.channels() + task % y.channels() * (long) stride;
      long to = y.slot().at + task * y.pitch();
      for (int row = 0; row < y.height(); row++) {
        for (int b = 0; b < block; b++) {
          long plane = first + (row % block * block + b) * (long) step;
          long from = x.slot().at + plane * x.pitch() + 4L * (row / block) * x.width();
          for (int column = 0; column < x.width(); column++) {
            float value = m.get(ValueLayout.JAVA_FLOAT, from + 4L * column);
            m.set(ValueLayout.JAVA_FLOAT, to + 4L * (column * block + b), value);
          }
        }
        to += 4L * y.width();
      }
    }
  }

  @Override
  public boolean plan(Layer layer, Planner planner) {
    Node node = layer.node();
    if (!node.is("DepthToSpace")) {
      return false;
    }
    String input = node.inputs().getFirst();
    Optional<long[]> in = planner.dims(input);
    Optional<long[]> out = planner.shapes().shape(layer.output()).flatMap(s -> s.sizes());
    if (in.isEmpty() || out.isEmpty() || !planner.isFloat(input)) {
      return false;
    }
    if (in.get().length != 4 || Tensor.elements(out.get()) == 0) {
      return false;
    }
    int block = (int) node.integer("blocksize", 1);
    boolean together = node.text("mode", "DCR").equals("CRD");
    Home.Planes x = planner.planes(input);
    Home.Planes y = planner.newPlanes(out.get());
    planner.add(
        new Interleave(block, together ? 1 : y.channels(), together ? block * block : 1, x, y),
        List.of(x.slot(), y.slot()));
    planner.explain(
        new Choice(layer.label(), node.op(), "interleave", y.layout(), 1, 0, "row by row"));
    planner.define(layer.output(), y);
    return true;
  }
}
