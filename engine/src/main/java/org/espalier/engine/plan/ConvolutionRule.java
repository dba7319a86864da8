package org.espalier.engine.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Optional;
import org.espalier.engine.kernel.Bounds;
import org.espalier.engine.kernel.Curve;
import org.espalier.engine.kernel.WeightMatrix;
import org.espalier.graph.DataType;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/** One- and two-dimensional convolution with constant weights, in any number of groups. */
final class ConvolutionRule implements Rule {
  @Override
  public boolean plan(Layer layer, Planner planner) {
    if (!layer.node().is("Conv")) {
      return false;
    }
    Optional<ProductTask> found = task(layer, planner);
    if (found.isEmpty()) {
      return false;
    }
    ProductTask task = found.get();
    planner.settle(layer.node().inputs().getFirst());
    layer.tail().residual().ifPresent(planner::settle);
    long[] out = planner.shapes().shape(layer.output()).orElseThrow().sizes().orElseThrow();
    var trials = new ArrayList<Tuner.Trial>();
    for (ProductTask.Way way : task.ways(planner.kernels())) {
      trials.add(way.trial(task, out, p -> build(task, way, layer, out, p)));
    }
    double density = task.density();
    String only = "density %.2f leaves no other".formatted(density);
    Tuner.Verdict verdict = planner.tuner().fastest(trials, planner, only);
    Home.InMemory y = verdict.trial().build().apply(planner);
    planner.weights().forget();
    planner.timed(verdict.micros());
    planner.explain(
        new Choice(
            layer.label(),
            layer.node().op(),
            verdict.trial().kernel(),
            y.layout(),
            density,
            verdict.micros(),
            verdict.reason()));
    Tail tail = layer.tail();
    Tail left = new Tail(Optional.empty(), Bounds.NONE, late(tail));
    Tails.finish(layer.withTail(left), y, false, planner);
    return true;
  }

  /** A curve after a residual is a step of its own. */
  private static Optional<Curve> late(Tail tail) {
    return tail.residual().isPresent() ? tail.curve() : Optional.empty();
  }

  private static Optional<ProductTask> task(Layer layer, Planner planner) {
    Node node = layer.node();
    String input = node.inputs().getFirst();
    Optional<Tensor> weights = planner.constant(node.inputs().get(1));
    Optional<long[]> in = planner.dims(input);
    Optional<long[]> out = planner.shapes().shape(layer.output()).flatMap(s -> s.sizes());
    boolean possible =
        weights.isPresent()
            && in.isPresent()
            && out.isPresent()
            && weights.get().type() == DataType.FLOAT
            && planner.isFloat(input)
            && (weights.get().rank() == 3 || weights.get().rank() == 4)
            && Tensor.elements(out.get()) > 0
            && Tensor.elements(in.get()) > 0;
    if (!possible) {
      return Optional.empty();
    }
    long[] dims = weights.get().dims();
    float[] bias = new float[(int) dims[0]];
    if (node.input(2).isPresent()) {
      Optional<Tensor> constant = planner.constant(node.input(2).get());
      if (constant.isEmpty()) {
        return Optional.empty();
      }
      bias = constant.get().floats();
    }
    long[] kernel = Arrays.copyOfRange(dims, 2, dims.length);
    int depth = (int) (weights.get().size() / dims[0]);
    return Optional.of(
        new ProductTask(
            node.inputs().get(1) + " of " + node.label(),
            new WeightMatrix(weights.get().data(), (int) dims[0], depth, false, 1),
            bias,
            (int) dims[0],
            (int) node.integer("group", 1),
            (int) dims[1],
            Geometry.of(node, in.get(), out.get(), kernel)));
  }

  private static Home.Planes build(
      ProductTask task, ProductTask.Way way, Layer layer, long[] out, Planner planner) {
    Home.Planes x = planner.planes(layer.node().inputs().getFirst());
    Home.Planes y = planner.newPlanes(out);
    Tail tail = layer.tail();
    Optional<Slot> residual = tail.residual().map(value -> Layouts.like(planner, value, y).slot());
    Optional<Curve> curve = late(tail).isPresent() ? Optional.empty() : tail.curve();
    task.build(
        way,
        new Product.Source(x.slot(), x.pitch(), x.channels() * x.pitch()),
        new Product.Target(y.slot(), y.batch(), y.pitch(), y.channels() * y.pitch()),
        new ProductTask.After(residual, tail.bounds(), curve),
        planner);
    return y;
  }
}
