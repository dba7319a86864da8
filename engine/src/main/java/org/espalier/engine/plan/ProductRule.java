package org.espalier.engine.plan;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.espalier.engine.kernel.Bounds;
import org.espalier.engine.kernel.Kernels;
import org.espalier.engine.kernel.Panel;
import org.espalier.graph.DataType;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/** MatMul of two values that are both made by the run, or of constants of more than two axes. */
final class ProductRule implements Rule {
  /** A batch of products. */
  record Multiply(
      Kernels kernels,
      int rows,
      int depth,
      int columns,
      long[] lead,
      Attention.Side a,
      Attention.Side b,
      Attention.Side y)
      implements Step {
    private static final int CHUNK = 64;

    private int tiles() {
      return Math.ceilDiv(columns, Kernels.TILE * kernels.lanes());
    }

    private int chunks() {
      return Math.ceilDiv(rows, CHUNK);
    }

    @Override
    public int tasks() {
      return Math.toIntExact(Tensor.elements(lead) * chunks() * tiles());
    }

    @Override
    public double micros() {
      return (double) tasks() * CHUNK * depth * Kernels.TILE * kernels.lanes() / 20_000;
    }

    @Override
    public void run(Frame frame, int task, int worker) {
      int first = task % chunks() * CHUNK;
      long column = 4L * (task / chunks() % tiles()) * Kernels.TILE * kernels.lanes();
      long[] index = Attention.index(task / chunks() / tiles(), lead);
      long left = a.at(index) + first * a.row();
      kernels.denseTile(
          Math.min(CHUNK, rows - first),
          depth,
          new Kernels.Operand(frame.memory, left, a.row(), a.column()),
          new Panel(frame.memory, b.at(index) + column, b.row()),
          null,
          new Panel(frame.memory, y.at(index) + first * y.row() + column, y.row()),
          Bounds.NONE);
    }
  }

  @Override
  public boolean plan(Layer layer, Planner planner) {
    Node node = layer.node();
    if (!node.is("MatMul") || layer.bias().isPresent()) {
      return false;
    }
    List<String> in = node.inputs();
    // The product's own value, before what was fused into it.
    Optional<long[]> dims =
        planner.shapes().shape(node.outputs().getFirst()).flatMap(s -> s.sizes());
    if (dims.isEmpty() || !in.stream().allMatch(planner::isFloat)) {
      return false;
    }
    Optional<long[]> a = planner.dims(in.get(0));
    Optional<long[]> b = planner.dims(in.get(1));
    boolean matrices = a.isPresent() && b.isPresent() && a.get().length >= 2 && b.get().length >= 2;
    if (!matrices || Tensor.elements(a.get()) == 0 || Tensor.elements(b.get()) == 0) {
      return false;
    }
    Home.Placed result = multiply(in, dims.get(), planner);
    planner.explain(
        new Choice(
            layer.label(),
            node.op(),
            "dense, both sides activations",
            result.layout(),
            1,
            0,
            "no constant side"));
    Tails.finish(layer, result, false, planner);
    return true;
  }

  private static Home.Placed multiply(List<String> in, long[] dims, Planner planner) {
    int rank = dims.length;
    int m = (int) dims[rank - 2];
    int n = (int) dims[rank - 1];
    Home.Strided a = Strides.of(planner.placed(in.get(0)));
    Home.Strided b = Strides.of(planner.placed(in.get(1)));
    boolean turned = last(b, 1) != 4 && last(a, 2) == 4;
    if (!turned && last(b, 1) != 4) {
      b = Strides.of(Copy.into(planner, in.get(1), planner.newRows(DataType.FLOAT, b.dims())));
    }
    int depth = (int) a.dims()[a.dims().length - 1];
    long[] lead = Arrays.copyOf(dims, rank - 2);
    Home.Placed result = turned ? newTurned(planner, dims) : planner.newMatrix(dims);
    var left = Attention.Side.of(a, lead);
    var right = Attention.Side.of(b, lead);
    var y = Attention.Side.of(Strides.of(result), lead);
    Step step =
        turned
            ? new Multiply(
                planner.kernels(), n, depth, m, lead, right.turned(), left.turned(), y.turned())
            : new Multiply(planner.kernels(), m, depth, n, lead, left, right, y);
    planner.add(step, List.of(a.slot(), b.slot(), result.slot()));
    return result;
  }

  private static long last(Home.Strided home, int fromEnd) {
    int axis = home.dims().length - fromEnd;
    return home.dims()[axis] == 1 ? 4 : home.strides()[axis];
  }

  /** A home whose rows, the last axis but one, lie together in whole tiles. */
  private static Home.Placed newTurned(Planner planner, long[] dims) {
    int rank = dims.length;
    long[] strides = new long[rank];
    strides[rank - 2] = 4;
    strides[rank - 1] = planner.matrixPitch((int) dims[rank - 2]);
    long stride = strides[rank - 1] * dims[rank - 1];
    for (int axis = rank - 3; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= dims[axis];
    }
    return new Home.Strided(planner.slot(stride), DataType.FLOAT, dims, strides);
  }
}
