package org.espalier.study.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.espalier.engine.plan.Choice;
import org.espalier.engine.plan.Profile;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.inspect.Inspection;
import org.espalier.reference.NodeTimes.NodeTime;
import org.junit.jupiter.api.Test;

class LayerTimesTest {
  /** One matrix product with half of its weights, and its activation. */
  private static Model model() {
    var graph =
        new Graph(
            "one",
            List.of(
                Node.of("MatMul", List.of("x", "w"), List.of("/fc/product")).withName("/fc/MatMul"),
                Node.of("Relu", List.of("/fc/product"), List.of("/fc/Relu_output_0"))
                    .withName("/fc/Relu")),
            Map.of("w", Tensor.of(new float[] {1, 0, 0, 2, 3, 0}, 3, 2)),
            List.of(ValueInfo.of("x", DataType.FLOAT, Shape.of(4, 3))),
            List.of(ValueInfo.of("/fc/Relu_output_0", DataType.FLOAT, Shape.of(4, 2))));
    return Model.of(graph, 8, 17);
  }

  @Test
  void operationsAndRivalTimesGoToTheLayerThatHoldsTheirNodes() {
    var product =
        new Profile.Timed(
            new Choice("/fc/MatMul + Relu", "MatMul", "sparse", "rows", 0.5, 2, "measured"),
            List.of("/fc/MatMul", "/fc/Relu"),
            List.of(new Profile.Part("Transpose", 1, true), new Profile.Part("Linear", 3, false)));
    var copied =
        new Profile.Timed(
            new Choice("outputs", "", "copy", "rows", 1, 0, ""),
            List.of(),
            List.of(new Profile.Part("Repitch", 4, true)));
    var theirs =
        List.of(
            new NodeTime("/fc/Relu_output_0_nchwc", "Gemm", 5, 5),
            new NodeTime("/fc/MatMul_token_1", "Reshape", 2, 2),
            new NodeTime("/fc/MatMulOther", "Gemm", 7, 7),
            new NodeTime("ReorderOutput", "ReorderOutput", 1, 1));
    var profile = new Profile(10, List.of(product, copied));
    LayerTimes times = LayerTimes.of(profile, model(), Inspection.of(model()), theirs);

    assertThat(times.sumMs()).isCloseTo(0.008, within(1e-12));
    assertThat(times.runMs()).isEqualTo(0.010);
    assertThat(times.onnxruntimeSumMs()).contains(0.015);
    assertThat(times.onnxruntimeOtherMs().orElseThrow()).isCloseTo(0.008, within(1e-12));
    LayerTimes.Row row = times.layers().getFirst();
    assertThat(row.micros()).isEqualTo(4);
    assertThat(row.share()).isEqualTo(0.5);
    assertThat(row.onnxruntimeMicros()).contains(7.0);
    Flops flops = row.gflops().orElseThrow();
    assertThat(flops.effective()).isCloseTo(2e-3 * 4 * 3 * 2 / 4, within(1e-9)); // 4 us
    assertThat(flops.useful()).isCloseTo(flops.effective() / 2, within(1e-9));
    assertThat(times.layers().get(1).gflops()).isEqualTo(Optional.empty());
    assertThat(times.slowestFirst().getFirst()).isEqualTo(row);
  }
}
