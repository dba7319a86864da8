package org.espalier.engine.plan;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.espalier.engine.kernel.Bounds;
import org.espalier.engine.kernel.Kernels;
import org.espalier.engine.kernel.LanePacked;
import org.espalier.engine.kernel.SparseRows;
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
  private record Product(String name, float[] weights, float[] bias, int outputs, int inputs) {}

  @Override
  public boolean plan(Layer layer, Planner planner) {
    Node node = layer.node();
    Optional<Product> product = product(layer, planner);
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

  private static Optional<Product> product(Layer layer, Planner planner) {
    Node node = layer.node();
    if (!node.is("Gemm") && !node.is("MatMul")) {
      return Optional.empty();
    }
    Optional<Tensor> constant = planner.constant(node.inputs().get(1));
    if (constant.isEmpty() || constant.get().rank() != 2 || !isFloat(constant.get())) {
      return Optional.empty();
    }
    boolean turned = node.integer("transB", 0) != 0;
    int rows = (int) constant.get().dim(0);
    int columns = (int) constant.get().dim(1);
    int outputs = turned ? rows : columns;
    float[] values = constant.get().floats();
    float[] weights = turned ? values : Weights.transposed(values, rows, columns);
    float[] bias = new float[outputs];
    String name = node.inputs().get(1) + (turned ? "'" : "");
    if (node.is("Gemm")) {
      if (node.integer("transA", 0) != 0) {
        return Optional.empty();
      }
      float alpha = node.real("alpha", 1);
      if (alpha != 1) {
        name += " x " + alpha;
        for (int k = 0; k < weights.length; k++) {
          weights[k] *= alpha;
        }
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
    return Optional.of(
        new Product(name, weights, bias, outputs, weights.length / Math.max(outputs, 1)));
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

  private static void plan(Layer layer, Product product, long[] dims, Planner planner) {
    String input = layer.node().inputs().getFirst();
    boolean fused = layer.tail().residual().isEmpty() && layer.tail().curve().isEmpty();
    Bounds bounds = fused ? layer.tail().bounds() : Bounds.NONE;
    double density = Weights.density(product.weights());
    int rows = (int) (Tensor.elements(dims) / product.outputs());
    var trials = new ArrayList<Tuner.Trial>();
    String reason = "density %.2f leaves no other".formatted(density);
    int lanes = planner.kernels().lanes();
    double nonzeros = density * product.weights().length;
    var dense =
        new Tuner.Trial(
            "dense",
            tiles(rows),
            (double) product.weights().length * rows / lanes,
            p -> dense(product, input, dims, bounds, p));
    if (density > DENSE_TRIED) {
      trials.add(dense);
    }
    if (density <= SPARSE_TRIED && rows <= FEW_ROWS) {
      trials.add(
          new Tuner.Trial(
              "sparse, lane-packed",
              List.of(Loop.VECTOR),
              4 * nonzeros * rows / lanes,
              p -> rowByRow(product, input, dims, bounds, p)));
    }
    if (density <= SPARSE_TRIED && rows >= lanes / 2) {
      trials.add(
          new Tuner.Trial(
              "sparse, batch panel",
              panels(rows, planner),
              2 * nonzeros * Math.ceilDiv(rows, lanes),
              p -> batched(product, input, dims, bounds, p)));
    }
    if (trials.isEmpty()) {
      trials.add(dense);
    }
    Tuner.Verdict verdict = planner.tuner().fastest(trials, planner, reason);
    Tuner.Trial trial = verdict.trial();
    Home.Placed result = trial.build().apply(planner);
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
    Tails.finish(layer, result, fused, planner);
  }

  private static List<Loop> tiles(int rows) {
    if (rows < 4) {
      return List.of(Loop.TILE_OF_ONE_ROW);
    }
    return rows % 4 == 0
        ? List.of(Loop.TILE_OF_FOUR_ROWS)
        : List.of(Loop.TILE_OF_FOUR_ROWS, Loop.TILE_OF_ONE_ROW);
  }

  /** The loops for panels of {@code pixels}, the last of them narrower. */
  static List<Loop> panels(int pixels, Planner planner) {
    int vectors = Math.ceilDiv(pixels, planner.kernels().lanes());
    var loops = new ArrayList<Loop>();
    if (vectors >= Kernels.TILE) {
      loops.add(Loop.PANEL_OF_FOUR);
    }
    if ((vectors & 2) != 0) {
      loops.add(Loop.PANEL_OF_TWO);
    }
    if ((vectors & 1) != 0) {
      loops.add(Loop.PANEL_OF_ONE);
    }
    return loops;
  }

  private static Home.Placed dense(
      Product product, String input, long[] dims, Bounds bounds, Planner planner) {
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
                        Weights.transposed(product.weights(), product.outputs(), product.inputs()),
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
    int[] offsets = new int[product.inputs()];
    for (int k = 0; k < offsets.length; k++) {
      offsets[k] = 4 * tile * k;
    }
    Home.Matrix x = planner.matrix(input);
    Home.Matrix y = planner.newMatrix(dims);
    var step = new Linear.Dense(kernels, panels, bias, offsets, x, y, bounds);
    planner.add(step, List.of(x.slot(), y.slot()));
    return y;
  }

  private static Home.Placed rowByRow(
      Product product, String input, long[] dims, Bounds bounds, Planner planner) {
    Kernels kernels = planner.kernels();
    LanePacked packed =
        planner
            .weights()
            .packed(
                "lanes " + product.name(),
                LanePacked.class,
                () ->
                    LanePacked.of(
                        product.weights(),
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

  private static Home.Placed batched(
      Product product, String input, long[] dims, Bounds bounds, Planner planner) {
    Kernels kernels = planner.kernels();
    Home.Columns x = planner.columns(input);
    Home.Columns y = planner.newColumns(dims);
    int pitch = Math.toIntExact(x.pitch());
    SparseRows sparse =
        planner
            .weights()
            .packed(
                "rows " + pitch + " " + product.name(),
                SparseRows.class,
                () -> {
                  int[] offsets = new int[product.inputs()];
                  for (int k = 0; k < offsets.length; k++) {
                    offsets[k] = Math.multiplyExact(k, pitch);
                  }
                  return SparseRows.of(
                      product.weights(),
                      product.outputs(),
                      product.inputs(),
                      offsets,
                      product.bias());
                });
    var step = new Linear.Batched(kernels, sparse, x, y, bounds);
    planner.add(step, List.of(x.slot(), y.slot()));
    return y;
  }
}
