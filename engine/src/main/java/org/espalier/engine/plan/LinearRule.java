package org.espalier.engine.plan;

import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import org.espalier.engine.kernel.Bounds;
import org.espalier.engine.kernel.Curve;
import org.espalier.engine.kernel.Kernels;
import org.espalier.engine.kernel.LanePacked;
import org.espalier.engine.kernel.WeightMatrix;
import org.espalier.engine.plan.WarmUp.Loop;
import org.espalier.graph.DataType;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/** Gemm and MatMul with constant weights on the right. */
final class LinearRule implements Rule {
  /** Denser weights than this are not tried as sparse ones. */
  static final double SPARSE_TRIED = 0.6;

  /** Sparser weights than this are not tried as dense ones. */
  static final double DENSE_TRIED = 0.02;

  /** Batches up to this many rows are tried row by row. */
  private static final int FEW_ROWS = 16;

  /** Weights as {@code outputs x inputs}, with a bias for each output. */
  private record Matrix(String name, WeightMatrix weights, float[] bias) {
    int outputs() {
      return weights.rows();
    }

    int inputs() {
      return weights.columns();
    }
  }

  @Override
  public boolean plan(Layer layer, Planner planner) {
    Node node = layer.node();
    Optional<Matrix> product = product(layer, planner);
    String input = node.inputs().getFirst();
    if (product.isEmpty() || !planner.isFloat(input) || planner.dims(input).isEmpty()) {
      return false;
    }
    long[] dims = planner.dims(input).get().clone();
    if (dims.length < 2 || dims[dims.length - 1] != product.get().inputs()) {
      return false;
    }
    dims[dims.length - 1] = product.get().outputs();
    if (Tensor.elements(dims) == 0) {
      return false;
    }
    planner.settle(input);
    plan(layer, product.get(), dims, planner);
    return true;
  }

  private static Optional<Matrix> product(Layer layer, Planner planner) {
    Node node = layer.node();
    if (!node.is("Gemm") && !node.is("MatMul")) {
      return Optional.empty();
    }
    Optional<Tensor> constant = planner.constant(node.inputs().get(1));
    if (constant.isEmpty() || constant.get().rank() != 2 || !isFloat(constant.get())) {
      return Optional.empty();
    }
    boolean turned = node.integer("transB", 0) != 0;
    float[] bias = new float[(int) constant.get().dim(turned ? 0 : 1)];
    float alpha = node.is("Gemm") ? node.real("alpha", 1) : 1;
    String name = node.inputs().get(1) + (turned ? "'" : "");
    if (node.is("Gemm")) {
      if (node.integer("transA", 0) != 0) {
        return Optional.empty();
      }
      if (alpha != 1) {
        name += " x " + alpha;
      }
      Optional<String> c = node.input(2);
      if (c.isPresent() && !add(bias, planner.constant(c.get()), node.real("beta", 1))) {
        return Optional.empty();
      }
    }
    if (layer.bias().isPresent() && !add(bias, planner.constant(layer.bias().get()), 1)) {
      return Optional.empty();
    }
    name += " of " + node.label();
    int inputs = (int) constant.get().dim(turned ? 1 : 0);
    var weights = new WeightMatrix(constant.get().data(), bias.length, inputs, !turned, alpha);
    return Optional.of(new Matrix(name, weights, bias));
  }

  /** Adds a constant that is the same for every row of the result; false where it isn't. */
  private static boolean add(float[] bias, Optional<Tensor> constant, float factor) {
    if (constant.isEmpty() || !isFloat(constant.get())) {
      return false;
    }
    Tensor tensor = constant.get();
    boolean single = tensor.size() == 1;
    boolean fits =
        tensor.rank() <= 2
            && tensor.size() == bias.length
            && (tensor.rank() == 0 || tensor.dim(-1) == bias.length);
    if (!single && !fits) {
      return false;
    }
    for (int k = 0; k < bias.length; k++) {
      bias[k] += factor * tensor.floatAt(single ? 0 : k);
    }
    return true;
  }

  private static boolean isFloat(Tensor tensor) {
    return tensor.type() == DataType.FLOAT;
  }

  private static void plan(Layer layer, Matrix product, long[] dims, Planner planner) {
    String input = layer.node().inputs().getFirst();
    Tail tail = layer.tail();
    layer.tail().residual().ifPresent(planner::settle);
    boolean fused = tail.residual().isEmpty() && tail.curve().isEmpty();
    Bounds bounds = fused ? tail.bounds() : Bounds.NONE;
    double density = product.weights().density();
    int rows = (int) (Tensor.elements(dims) / product.outputs());
    // What each way leaves to be done after it.
    var trials = new LinkedHashMap<Tuner.Trial, Tail>();
    int lanes = planner.kernels().lanes();
    if (rows <= FEW_ROWS) {
      var dense =
          new Tuner.Trial(
              "dense rows",
              tiles(rows),
              (double) product.weights().size() * rows / lanes,
              p -> dense(product, input, dims, bounds, p));
      var sparse =
          new Tuner.Trial(
              "sparse, lane-packed",
              List.of(Loop.VECTOR),
              4 * density * product.weights().size() * rows / lanes,
              p -> rowByRow(product, input, dims, bounds, p));
      if (density > DENSE_TRIED || rows > 2) {
        trials.put(dense, fused ? Tail.NONE : tail);
      }
      if (density <= SPARSE_TRIED) {
        trials.put(sparse, fused ? Tail.NONE : tail);
      }
    }
    if (rows >= lanes / 2) {
      int share = SharedRows.share(planner, dims);
      ProductTask task = task(product, share == 0 ? rows : share);
      Tail left = new Tail(Optional.empty(), Bounds.NONE, late(tail));
      for (ProductTask.Way way : task.ways(planner.kernels())) {
        trials.put(way.trial(task, dims, p -> batched(task, way, layer, dims, p)), left);
      }
    }
    String reason = "density %.2f leaves no other".formatted(density);
    var all = List.copyOf(trials.keySet());
    Tuner.Verdict verdict = planner.tuner().fastest(all, planner, reason);
    Tuner.Trial trial = verdict.trial();
    Home.InMemory result = trial.build().apply(planner);
    planner.weights().forget();
    planner.timed(verdict.micros());
    planner.explain(
        new Choice(
            layer.label(),
            layer.node().op(),
            trial.kernel(),
            result.layout(),
            density,
            verdict.micros(),
            verdict.reason()));
    Tails.finish(layer.withTail(trials.get(trial)), result, false, planner);
  }

  /** A curve after a residual is a step of its own. */
  private static Optional<Curve> late(Tail tail) {
    return tail.residual().isPresent() ? tail.curve() : Optional.empty();
  }

  private static List<Loop> tiles(int rows) {
    if (rows < 4) {
      return List.of(Loop.TILE_OF_ONE_ROW);
    }
    return rows % 4 == 0
        ? List.of(Loop.TILE_OF_FOUR_ROWS)
        : List.of(Loop.TILE_OF_FOUR_ROWS, Loop.TILE_OF_ONE_ROW);
  }

  private static Home.Placed dense(
      Matrix product, String input, long[] dims, Bounds bounds, Planner planner) {
    Kernels kernels = planner.kernels();
    int tile = planner.tile();
    MemorySegment panels =
        planner
            .weights()
            .packed(
                "panels " + product.name(),
                MemorySegment.class,
                () ->
                    Weights.panels(
                        product.weights().transposed().all(),
                        product.inputs(),
                        product.outputs(),
                        tile));
    MemorySegment bias =
        planner
            .weights()
            .packed(
                "bias " + product.name(),
                MemorySegment.class,
                () -> Weights.panels(product.bias(), 1, product.outputs(), tile));
    Home.Matrix x = planner.matrix(input);
    Home.Matrix y = planner.newMatrix(dims);
    var step = new Linear.Dense(kernels, panels, bias, x, y, bounds);
    planner.add(step, List.of(x.slot(), y.slot()));
    return y;
  }

  private static Home.Placed rowByRow(
      Matrix product, String input, long[] dims, Bounds bounds, Planner planner) {
    Kernels kernels = planner.kernels();
    LanePacked packed =
        planner
            .weights()
            .packed(
                "lanes " + product.name(),
                LanePacked.class,
                () ->
                    LanePacked.of(
                        product.weights().all(),
                        product.outputs(),
                        product.inputs(),
                        product.bias(),
                        kernels.lanes()));
    Home.Matrix x = planner.matrix(input);
    Home.Matrix y = planner.newMatrix(dims);
    var step = new Linear.RowByRow(kernels, packed, x, y, bounds);
    planner.add(step, List.of(x.slot(), y.slot()));
    return y;
  }

  /** Rows of activations are the pixels of a picture one row high. */
  private static ProductTask task(Matrix product, int rows) {
    return new ProductTask(
        product.name(),
        product.weights(),
        product.bias(),
        product.outputs(),
        1,
        product.inputs(),
        new Geometry(1, rows, 1, rows, 1, 1, 1, 1, 0, 0, 1, 1));
  }

  private static Home.InMemory batched(
      ProductTask task, ProductTask.Way way, Layer layer, long[] dims, Planner planner) {
    String input = layer.node().inputs().getFirst();
    if (SharedRows.share(planner, dims) > 0) {
      // A share is what an image is to a convolution.
      Home.Shares x = SharedRows.of(planner, input);
      Home.Shares y = SharedRows.make(planner, dims);
      long pitch = planner.pitch(y.size());
      task.build(
          way,
          new Product.Source(x.slot(), pitch, x.stride()),
          new Product.Target(y.slot(), y.count(), pitch, y.stride()),
          after(layer.tail(), y, planner),
          planner);
      return y;
    }
    Home.Columns x = planner.columns(input);
    Home.Columns y = planner.newColumns(dims);
    task.build(
        way,
        new Product.Source(x.slot(), x.pitch(), 0),
        new Product.Target(y.slot(), 1, y.pitch(), 0),
        after(layer.tail(), y, planner),
        planner);
    return y;
  }

  private static ProductTask.After after(Tail tail, Home.InMemory y, Planner planner) {
    Optional<Slot> residual = tail.residual().map(value -> Layouts.like(planner, value, y).slot());
    Optional<Curve> curve = late(tail).isPresent() ? Optional.empty() : tail.curve();
    return new ProductTask.After(residual, tail.bounds(), curve);
  }
}
