package org.espalier.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.zoo.Zoo;
import org.espalier.reference.NodeTimes.NodeTime;
import org.junit.jupiter.api.Test;

class NodeTimesTest {
  private static String event(String name, String op, int micros) {
    return ("{\"cat\" : \"Node\",\"pid\" :1,\"tid\" :1,\"dur\" :%d,\"ts\" :5,\"ph\" : \"X\","
            + "\"name\" :\"%s_kernel_time\",\"args\" : {\"op_name\" : \"%s\",\"x\" : \"1\"}},")
        .formatted(micros, name, op);
  }

  @Test
  void theMedianOfTheLaterHalfOfTheRuns() {
    var lines = new ArrayList<>(List.of("[", "{\"cat\" : \"Session\",\"dur\" :9}"));
    for (int micros : new int[] {900, 900, 900, 7, 5, 6}) {
      lines.add(event("/conv/Conv_output_0_nchwc", "Conv", micros));
      lines.add(event("/fc/Gemm", "Gemm", 3));
    }
    assertThat(NodeTimes.read(lines, 6))
        .containsExactly(
            new NodeTime("/conv/Conv_output_0_nchwc", "Conv", 6, 5),
            new NodeTime("/fc/Gemm", "Gemm", 3, 3));
    assertThatThrownBy(() -> NodeTimes.read(lines, 5)).hasMessageContaining("12 nodes");
  }

  @Test
  void onnxRuntimeNamesItsNodes() {
    Model model = Zoo.build("lenet-5", 1);
    var options = OnnxRuntime.Options.standard().withThreads(1);
    List<NodeTime> times =
        NodeTimes.of(model, options, Map.of("input", Tensor.of(new float[784], 1, 1, 28, 28)), 3);
    assertThat(times).extracting(NodeTime::op).contains("Conv", "Gemm");
    assertThat(times).allMatch(time -> time.micros() >= 0);
  }
}
