package org.espalier.engine.plan;

import java.util.List;
import java.util.Optional;
import org.espalier.engine.kernel.Bounds;
import org.espalier.engine.kernel.Kernels;
import org.espalier.graph.DataType;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/** BatchNormalization that no convolution could take in: each channel scaled and shifted. */
final class NormalizationRule implements Rule {
  record Affine(
      Kernels kernels, float[] scale, float[] shift, Home.Planes x, Home.Planes y, Bounds bounds)
      implements Step {
    @Override
    public int tasks() {
      return x.batch() * x.channels();
    }

    @Override
    public double micros() {
      return x.batch() * (double) x.channels() * x.pitch() / 32_000;
    }

    @Override
    public void run(Frame frame, int task, int worker) {
      int channel = task % x.channels();
      long at = task * x.pitch();
      kernels.affine(
          scale[channel],
          shift[channel],
          frame.memory,
          x.slot().at + at,
          frame.memory,
          y.slot().at + at,
          x.pixels(),
          bounds);
    }
  }

  @Override
  public boolean plan(Layer layer, Planner planner) {
    Node node = layer.node();
    if (!node.is("BatchNormalization")
        || node.integer("training_mode", 0) != 0
        || node.output(1).isPresent()) {
      return false;
    }
    String input = node.inputs().getFirst();
    Optional<long[]> dims = planner.dims(input);
    if (dims.isEmpty() || dims.get().length < 2 || !planner.isFloat(input)) {
      return false;
    }
    float[][] constants = new float[4][];
    for (int k = 0; k < 4; k++) {
      Optional<Tensor> constant = planner.constant(node.inputs().get(k + 1));
      if (constant.isEmpty() || constant.get().type() != DataType.FLOAT) {
        return false;
      }
      constants[k] = constant.get().floats();
    }
    float epsilon = node.real("epsilon", 1e-5f);
    float[] scale = new float[constants[0].length];
    float[] shift = new float[scale.length];
    for (int c = 0; c < scale.length; c++) {
      double factor = constants[0][c] / Math.sqrt((double) constants[3][c] + epsilon);
      scale[c] = (float) factor;
      shift[c] = (float) (constants[1][c] - constants[2][c] * factor);
    }
    Home.Planes x = planner.planes(input);
    Home.Planes y = planner.newPlanes(dims.get());
    planner.add(
        new Affine(planner.kernels(), scale, shift, x, y, layer.tail().bounds()),
        List.of(x.slot(), y.slot()));
    planner.explain(
        new Choice(
            layer.label(), node.op(), "channel affine", y.layout(), 1, 0, "one vector pass"));
    Tails.finish(layer.withTail(layer.tail().with(Bounds.NONE)), y, false, planner);
    return true;
  }
}
