package org.espalier.reference;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.DoubleStream;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.onnx.Onnx;
import org.espalier.graph.pass.SparseStorage;
import org.espalier.graph.pass.Storage;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.zoo.Zoo;
import org.espalier.reference.OnnxRuntime.Optimization;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** ONNX Runtime gives the same bits for a file in each form. */
class StorageTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void outputsAreTheSameBits(int height) {
    Model dense = pruned(Zoo.build("resnet20", 3), height);
    Map<String, Tensor> inputs = Map.of("input", SeededRandom.fresh().gaussian(2, 3, 32, 32));
    for (Optimization optimization : new Optimization[] {Optimization.ALL, Optimization.NONE}) {
      Map<String, Tensor> expected = outputs(dense, inputs, optimization);
      for (Storage storage : Storage.values()) {
        Model stored = new SparseStorage(storage).apply(dense);
        assertThat(outputs(stored, inputs, optimization)).isEqualTo(expected);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void aTenthOfTheWeightsTakesAnEighthOfTheFile(int height) {
    Model dense = pruned(Zoo.build("wide-resnet-28-2", 3), height);
    Model compressed = new SparseStorage(Storage.COMPRESSED).apply(dense);
    double share = (double) Onnx.length(compressed) / Onnx.length(dense);
    assertThat(share).isBetween(0.1, height == 1 ? 0.135 : 0.125);
    Model read = Onnx.parse(Onnx.toBytes(compressed));
    assertThat(new SparseStorage(Storage.DENSE).apply(read).graph().initializers())
        .isEqualTo(dense.graph().initializers());
  }

  private static Map<String, Tensor> outputs(
      Model model, Map<String, Tensor> inputs, Optimization optimization) {
    var options = OnnxRuntime.Options.standard().withOptimization(optimization);
    try (OnnxRuntime runtime = OnnxRuntime.of(model, options)) {
      return runtime.run(inputs);
    }
  }

  /**
   * Keeps the largest tenth of each weight with two axes and more, by blocks of output channels.
   */
  private static Model pruned(Model model, int height) {
    var changed = new LinkedHashMap<String, Tensor>();
    model
        .graph()
        .initializers()
        .forEach(
            (name, tensor) -> {
              if (tensor.rank() > 1) {
                long blocks = tensor.dim(0) % height == 0 ? height : 1;
                changed.put(name, pruned(tensor, blocks));
              }
            });
    return model.withGraph(model.graph().replacing(changed));
  }

  private static Tensor pruned(Tensor tensor, long height) {
    long inner = tensor.size() / tensor.dim(0);
    double[] norms = new double[(int) (tensor.size() / height)];
    for (long k = 0; k < tensor.size(); k++) {
      norms[block(k, height, inner)] += Math.abs(tensor.floatAt(k));
    }
    double bound = DoubleStream.of(norms).sorted().skip(norms.length * 9L / 10).min().orElse(0);
    Tensor copy = tensor.copy();
    for (long k = 0; k < tensor.size(); k++) {
      if (norms[block(k, height, inner)] < bound) {
        copy.setFloat(k, 0);
      }
    }
    return copy;
  }

  private static int block(long position, long height, long inner) {
    return (int) (position / (height * inner) * inner + position % inner);
  }
}
