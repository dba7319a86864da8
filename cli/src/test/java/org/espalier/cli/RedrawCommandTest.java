package org.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.espalier.graph.Model;
import org.espalier.graph.inspect.Inspection;
import org.espalier.graph.onnx.Onnx;
import org.espalier.graph.zoo.Zoo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RedrawCommandTest {
  @TempDir private Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... args) {
    return Main.run(new PrintWriter(out), new PrintWriter(err), args);
  }

  @Test
  void aResidualNetworkStartsStable() throws Exception {
    Path in = folder.resolve("in.onnx");
    Model model = Zoo.build("resnet20", 3);
    Onnx.write(model, in);
    String file = folder.resolve("out.onnx").toString();
    assertThat(run("redraw", in.toString(), "-o", file, "--scale-branches", "--json")).isZero();
    JsonNode json = Json.MAPPER.readTree(out.toString());
    assertThat(json.get("layers")).hasSize(20);
    assertThat(json.get("layers").get(1).get("behind").asText()).isEqualTo("Relu");
    assertThat(json.get("branches").get("sums")).hasSize(9);
    Model drawn = Onnx.read(Path.of(file));
    assertThat(Inspection.of(drawn).parameters()).isEqualTo(Inspection.of(model).parameters());
  }

  @Test
  void itSaysHowEachLayerWasDrawn() {
    String file = folder.resolve("out.onnx").toString();
    assertThat(run("redraw", "mlpnet", "-o", file, "--bias-deviation", "0.3")).isZero();
    assertThat(out.toString())
        .contains("1.4142", "has no edge of chaos with such biases: drawn after He", "written");
  }

  @Test
  void whatDoesntFitIsRefused() {
    String file = folder.resolve("out.onnx").toString();
    assertThat(run("redraw", "mlpnet", "-o", file, "--scale-branches")).isEqualTo(2);
    assertThat(err.toString()).contains("mlpnet: --scale-branches: there is no residual branch");
    assertThat(run("redraw", "mlpnet", "-o", file, "--weight-deviation", "-1")).isEqualTo(2);
    assertThat(err.toString()).contains("--weight-deviation -1.0: expected 0 or more");
    assertThat(Path.of(file)).doesNotExist();
  }
}
