package org.espalier.engine.plan;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.espalier.engine.kernel.Kernels;
import org.espalier.engine.kernel.Panel;
import org.espalier.engine.kernel.Passes.Norm;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/**
 * LayerNormalization and RMSNormalization over the last axis, with constant scale and shift. Where
 * the numbers of a token lie apart, all tokens of a vector are normalised together.
 */
final class NormRule implements Rule {
  /**
   * The last axis runs down the rows of a matrix.
   *
   * @param nest the other axes; its run is the width of the matrix
   */
  record Down(
      Kernels kernels,
      Norm norm,
      int size,
      Home.Strided x,
      Home.Strided y,
      Slot scale,
      long shift,
      Nest nest)
      implements Step {
    private static final int CHUNK = 64;

    private int chunks() {
      return (int) Math.ceilDiv(nest.run(), CHUNK);
    }

    @Override
    public int tasks() {
      return Math.toIntExact(nest.outer() * chunks());
    }

    @Override
    public double micros() {
      return (double) size * nest.outer() * nest.run() / 3000;
    }

    @Override
    public void run(Frame frame, int task, int worker) {
      long[] at = nest.from(task / chunks()).at;
      int first = task % chunks() * CHUNK;
      kernels
          .passes()
          .normaliseColumns(
              norm,
              size,
              (int) Math.min(CHUNK, nest.run() - first),
              new Panel(
                  frame.memory,
                  x.slot().at + at[1] + 4L * first,
                  x.strides()[x.strides().length - 1]),
              frame.memory,
              scale.at,
              shift < 0 ? -1 : scale.at + shift,
              new Panel(
                  frame.memory,
                  y.slot().at + at[0] + 4L * first,
                  y.strides()[y.strides().length - 1]));
    }
  }

  /** The last axis lies together. */
  record Along(
      Kernels kernels,
      Norm norm,
      int size,
      Home.Strided x,
      Home.Strided y,
      Slot scale,
      long shift,
      Nest nest)
      implements Step {
    private static final int CHUNK = 16;

    @Override
    public int tasks() {
      return Math.toIntExact(Math.ceilDiv(nest.outer() * nest.run(), CHUNK));
    }

    @Override
    public double micros() {
      return (double) size * nest.outer() * nest.run() / 3000;
    }

    @Override
    public void run(Frame frame, int task, int worker) {
      long end = Math.min((task + 1L) * CHUNK, nest.outer() * nest.run());
      for (long row = (long) task * CHUNK; row < end; row++) {
        long[] at = nest.from(row / nest.run()).at;
        long k = row % nest.run();
        kernels
            .passes()
            .normaliseRow(
                norm,
                size,
                frame.memory,
                x.slot().at + at[1] + k * nest.step(1),
                frame.memory,
                scale.at,
                shift < 0 ? -1 : scale.at + shift,
                frame.memory,
                y.slot().at + at[0] + k * nest.step(0));
      }
    }
  }

  @Override
  public boolean plan(Layer layer, Planner planner) {
    Node node = layer.node();
    boolean centred = node.is("LayerNormalization");
    if (!centred && !node.is("RMSNormalization")) {
      return false;
    }
    String input = node.inputs().getFirst();
    Optional<long[]> dims = planner.dims(input);
    if (!planner.isFloat(input) || dims.isEmpty() || Tensor.elements(dims.get()) == 0) {
      return false;
    }
    int last = dims.get().length - 1;
    int size = (int) dims.get()[last];
    Optional<float[]> scale = vector(node, 1, size, 1, planner);
    Optional<float[]> shift = vector(node, 2, size, 0, planner);
    if (scale.isEmpty() || shift.isEmpty()) {
      return false;
    }
    boolean shifted = node.input(2).isPresent();
    float[] both = Arrays.copyOf(scale.get(), shifted ? 2 * size : size);
    if (shifted) {
      System.arraycopy(shift.get(), 0, both, size, size);
    }
    Slot constants = planner.pin(Tensor.of(both, both.length)).slot();
    var norm = new Norm(centred, node.real("epsilon", 1e-5f));
    // Threads' shares are one axis more, which is nothing to a token's numbers.
    Optional<Home.Shares> shares = shares(planner.home(input), last);
    Home.Strided x = shares.map(s -> s.inner()).orElseGet(() -> Strides.of(planner.placed(input)));
    if (x.strides()[x.dims().length - 1] == 0) {
      x = Strides.of(planner.rows(input));
    }
    Home.InMemory result = Strides.inOrderOf(planner, x.type(), x);
    Home.Strided y = Strides.of((Home.Placed) result);
    if (shares.isPresent()) {
      result = new Home.Shares(y, dims.get(), shares.get().axis());
    }
    Nest nest = aroundLast(y, x);
    long at = shifted ? 4L * size : -1;
    Step step;
    if (last(x) == 4 && last(y) == 4) {
      step = new Along(planner.kernels(), norm, size, x, y, constants, at, nest);
    } else if (nest.step(0) == 4 && nest.step(1) == 4) {
      step = new Down(planner.kernels(), norm, size, x, y, constants, at, nest);
    } else {
      x = Strides.of(planner.rows(input));
      Home.Rows rows = planner.newRows(x.type(), dims.get());
      y = Strides.of(rows);
      result = rows;
      step = new Along(planner.kernels(), norm, size, x, y, constants, at, aroundLast(y, x));
    }
    planner.add(step, List.of(x.slot(), y.slot(), constants));
    planner.explain(
        new Choice(
            layer.label(),
            node.op(),
            step instanceof Down ? "normalisation, token by lane" : "normalisation, row by row",
            result.layout(),
            1,
            0,
            "the order in which its input lies"));
    planner.define(layer.output(), result);
    return true;
  }

  /** Shares of tokens that lie side by side. */
  private static Optional<Home.Shares> shares(Home home, int last) {
    return home instanceof Home.Shares shares
            && shares.axis() < last
            && shares.strides()[shares.axis()] == 4
        ? Optional.of(shares)
        : Optional.empty();
  }

  private static long last(Home.Strided home) {
    return home.strides()[home.strides().length - 1];
  }

  /** The loops over all axes but the last. */
  private static Nest aroundLast(Home.Strided y, Home.Strided x) {
    int last = x.dims().length - 1;
    return Nest.of(
        Arrays.copyOf(x.dims(), last),
        Arrays.copyOf(y.strides(), last),
        Arrays.copyOf(x.strides(), last));
  }

  private static Optional<float[]> vector(
      Node node, int input, int size, float otherwise, Planner planner) {
    if (node.input(input).isEmpty()) {
      float[] same = new float[size];
      Arrays.fill(same, otherwise);
      return Optional.of(same);
    }
    String name = node.inputs().get(input);
    return planner
        .constant(name)
        .or(() -> planner.shapes().constant(name))
        .filter(tensor -> tensor.size() == size)
        .map((Tensor tensor) -> tensor.floats());
  }
}
