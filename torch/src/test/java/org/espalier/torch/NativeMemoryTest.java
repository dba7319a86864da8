package org.espalier.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.testing.NativeMemory;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Training steps leave nothing behind in native memory. */
class NativeMemoryTest {
  private final SeededRandom random = SeededRandom.fresh();

  /** Each step has about 2 MB of activations and gradients: 100 leaked ones would show. */
  private Model model() {
    var graph =
        new Graph(
            "small",
            List.of(
                Node.of(
                    "Conv",
                    List.of("x", "k", "c"),
                    List.of("a"),
                    Map.of("pads", Attribute.of(1, 1, 1, 1))),
                Node.of("BatchNormalization", List.of("a", "s", "t", "m", "v"), List.of("n")),
                Node.of("Relu", List.of("n"), List.of("r")),
                Node.of("GlobalAveragePool", List.of("r"), List.of("p")),
                Node.of("Flatten", List.of("p"), List.of("f")),
                Node.of("Gemm", List.of("f", "w", "b"), List.of("y"))),
            Map.of(
                "k", random.gaussian(16, 3, 3, 3),
                "c", random.gaussian(16),
                "s", random.gaussian(16),
                "t", random.gaussian(16),
                "m", org.espalier.graph.Tensor.allocate(DataType.FLOAT, 16),
                "v",
                    org.espalier.graph.Tensor.of(
                        new float[] {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}),
                "w", random.gaussian(16, 10),
                "b", random.gaussian(10)),
            List.of(ValueInfo.of("x", DataType.FLOAT, Shape.of(4, 3, 32, 32))),
            List.of(ValueInfo.of("y", DataType.FLOAT, Shape.of(4, 10))));
    return Model.of(graph, 10, 21);
  }

  private void train(TorchModel net, org.espalier.graph.Tensor x, int steps) {
    for (int step = 0; step < steps; step++) {
      try (var _ = new PointerScope()) {
        Forward forward = net.forward(Map.of("x", Libtorch.view(x)), Mode.TRAIN, Set.of("r"));
        Tensor loss = forward.output().square().mean();
        Map<String, Tensor> gradients = net.gradients(loss);
        try (var _ = new AutoGradMode(false)) {
          gradients.forEach((name, g) -> net.parameters().get(name).add_(g, new Scalar(-1e-3)));
        }
      }
      if (step % 10 == 0) {
        net.run(Map.of("x", x));
      }
    }
  }

  private void growsBy(int steps) {
    assumeTrue(NativeMemory.bytes().isPresent(), "no glibc here");
    try (var net = TorchModel.of(model(), TorchModel.Options.usual().withThreads(1))) {
      var x = random.gaussian(4, 3, 32, 32);
      train(net, x, 300);
      long before = NativeMemory.bytes().getAsLong();
      train(net, x, steps);
      long grown = NativeMemory.bytes().getAsLong() - before;
      System.out.println(steps + " steps: native memory grew by " + grown + " bytes");
      assertThat(grown).isLessThan(100_000_000);
    }
  }

  @Test
  void aThousandSteps() {
    growsBy(1_000);
  }

  @Test
  @Tag("slow")
  void tenThousandSteps() {
    growsBy(10_000);
  }
}
