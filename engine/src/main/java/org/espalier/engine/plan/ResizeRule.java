package org.espalier.engine.plan;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.espalier.graph.DataType;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.eval.Evaluator;

/**
 * Resize of images to the nearest pixel or linearly between pixels. Where each pixel comes from is
 * read off what the reference evaluation makes of a ramp: a linear interpolation of the numbers 0,
 * 1, 2 ... is the position itself.
 */
final class ResizeRule implements Rule {
  /**
   * A plane's rows and columns from old ones.
   *
   * @param rows where each row lies between old rows
   * @param columns where each column lies between old columns
   */
  record Resize(double[] rows, double[] columns, Home.Planes x, Home.Planes y) implements Step {
    @Override
    public int tasks() {
      return x.batch() * x.channels();
    }

    @Override
    public double micros() {
      return tasks() * (double) y.pixels() / 500;
    }

    @Override
    public void run(Frame frame, int task, int worker) {
      MemorySegment m = frame.memory;
      long from = x.slot().at + task * x.pitch();
      long to = y.slot().at + task * y.pitch();
      long width = 4L * x.width();
      float[] line = new float[x.width() + 1];
      double last = Double.NaN;
      for (double row : rows) {
        if (row == last) {
          MemorySegment.copy(m, to - 4L * columns.length, m, to, 4L * columns.length);
        } else {
          int upper = (int) row;
          float share = (float) (row - upper);
          MemorySegment.copy(m, ValueLayout.JAVA_FLOAT, from + upper * width, line, 0, x.width());
          if (share != 0) {
            blend(m, from + (upper + 1) * width, share, line);
          }
          line(line, m, to);
        }
        last = row;
        to += 4L * columns.length;
      }
    }

    /** Moves a line towards the one at {@code at}. */
    private void blend(MemorySegment m, long at, float share, float[] line) {
      for (int k = 0; k < x.width(); k++) {
        line[k] = line[k] * (1 - share) + m.get(ValueLayout.JAVA_FLOAT, at + 4L * k) * share;
      }
    }

    private void line(float[] line, MemorySegment m, long to) {
      for (int k = 0; k < columns.length; k++) {
        int left = (int) columns[k];
        float share = (float) (columns[k] - left);
        float value = share == 0 ? line[left] : line[left] * (1 - share) + line[left + 1] * share;
        m.set(ValueLayout.JAVA_FLOAT, to + 4L * k, value);
      }
    }
  }

  @Override
  public boolean plan(Layer layer, Planner planner) {
    Node node = layer.node();
    if (!node.is("Resize")) {
      return false;
    }
    String input = node.inputs().getFirst();
    Optional<long[]> in = planner.dims(input);
    Optional<long[]> out = planner.shapes().shape(layer.output()).flatMap(s -> s.sizes());
    String mode = node.text("mode", "nearest");
    boolean possible =
        in.isPresent()
            && out.isPresent()
            && planner.isFloat(input)
            && in.get().length == 4
            && out.get()[0] == in.get()[0]
            && out.get()[1] == in.get()[1]
            && Tensor.elements(out.get()) > 0
            && (mode.equals("nearest") || mode.equals("linear"))
            && !node.text("coordinate_transformation_mode", "").equals("tf_crop_and_resize")
            && node.integer("antialias", 0) == 0
            && node.integer("exclude_outside", 0) == 0;
    if (!possible) {
      return false;
    }
    Optional<double[]> rows = positions(node, in.get(), out.get(), 2, planner);
    Optional<double[]> columns = positions(node, in.get(), out.get(), 3, planner);
    if (rows.isEmpty() || columns.isEmpty()) {
      return false;
    }
    Home.Planes x = planner.planes(input);
    Home.Planes y = planner.newPlanes(out.get());
    planner.add(new Resize(rows.get(), columns.get(), x, y), List.of(x.slot(), y.slot()));
    planner.explain(new Choice(layer.label(), node.op(), "resize", y.layout(), 1, 0, "row by row"));
    Tails.finish(layer, y, false, planner);
    return true;
  }

  /** Where the new rows or columns lie between the old ones. */
  private static Optional<double[]> positions(
      Node node, long[] in, long[] out, int axis, Planner planner) {
    var inputs = new ArrayList<Tensor>();
    Tensor ramp = Tensor.allocate(DataType.DOUBLE, 1, 1, in[2], in[3]);
    for (long k = 0; k < ramp.size(); k++) {
      ramp.setReal(k, (double) (axis == 3 ? k % in[3] : k / in[3]));
    }
    inputs.add(ramp);
    for (int k = 1; k < node.inputs().size(); k++) {
      Optional<Tensor> constant = node.input(k).flatMap(planner::constant);
      if (constant.isEmpty() && node.input(k).isPresent()) {
        return Optional.empty();
      }
      inputs.add(constant.orElse(null));
    }
    if (inputs.size() == 4 && inputs.get(3) != null && inputs.get(3).size() == 4) {
      inputs.set(3, Tensor.of(new long[] {1, 1, out[2], out[3]}, 4));
    }
    Tensor moved = Evaluator.evaluate(node, inputs).getFirst();
    if (!Arrays.equals(moved.dims(), new long[] {1, 1, out[2], out[3]})) {
      return Optional.empty();
    }
    double[] positions = new double[(int) out[axis]];
    Arrays.setAll(positions, k -> moved.realAt(axis == 3 ? k : k * out[3]));
    return Optional.of(positions);
  }
}
