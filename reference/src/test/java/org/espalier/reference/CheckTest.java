package org.espalier.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.espalier.graph.DataType;
import org.espalier.graph.Dim;
import org.espalier.graph.Executor;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.UnsupportedModelException;
import org.espalier.graph.UnsupportedModelException.Unsupported;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.onnx.Onnx;
import org.espalier.reference.Check.CaseResult;
import org.espalier.reference.Check.Status;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckTest {
  @TempDir Path folder;

  /** {@code y = x + x}, batch and length left open. */
  private static Model doubling(DataType type) {
    Shape open = Shape.of(Dim.symbol("batch"), Dim.symbol("n"));
    return Model.of(
        new Graph(
            "doubling",
            List.of(Node.of("Add", List.of("x", "x"), List.of("y"))),
            Map.of(),
            List.of(ValueInfo.of("x", type, open)),
            List.of(ValueInfo.of("y", type, open))),
        10,
        21);
  }

  private Path written(String name, Model model) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Onnx.write(model, file);
    return file;
  }

  /** An executor that adds {@code error} to what ONNX Runtime gives. */
  private static Executor off(Model model, float error) {
    OnnxRuntime exact = OnnxRuntime.of(model);
    return new Executor() {
      @Override
      public Map<String, Tensor> run(Map<String, Tensor> inputs) {
        Map<String, Tensor> outputs = exact.run(inputs);
        outputs.values().forEach(t -> t.setFloat(0, t.floatAt(0) + error));
        return outputs;
      }

      @Override
      public void close() {
        exact.close();
      }
    };
  }

  @Test
  void aLoneFileIsComparedWithOnnxRuntime() throws IOException {
    Path file = written("a.onnx", doubling(DataType.FLOAT));
    assertThat(Check.with(OnnxRuntime::of).run(file).passed()).isEqualTo(1);
    CaseResult wrong = Check.with(model -> off(model, 1)).run(file).cases().getFirst();
    assertThat(wrong.status()).isEqualTo(Status.FAILED);
    assertThat(wrong.reason()).startsWith("output 'y': element [0, 0] is ");
    assertThat(wrong.maxRelativeError()).isPositive();
  }

  @Test
  void aFolderIsComparedWithItsFiles() throws IOException {
    Path file = written("case/model.onnx", doubling(DataType.UINT32));
    Path set = Files.createDirectory(file.resolveSibling("test_data_set_0"));
    Tensor x = Tensor.allocate(DataType.UINT32, 1, 2);
    x.data().fill((byte) 0x3f);
    Tensor y = Tensor.allocate(DataType.UINT32, 1, 2);
    y.data().fill((byte) 0x7e);
    Files.write(set.resolve("input_0.pb"), Onnx.toBytes("x", x));
    Files.write(set.resolve("output_0.pb"), Onnx.toBytes("y", y));
    assertThat(Check.with(OnnxRuntime::of).run(folder).cases())
        .containsExactly(new CaseResult("case", Status.PASSED, 0, ""));

    Files.write(set.resolve("output_0.pb"), Onnx.toBytes("y", x));
    CaseResult wrong = Check.with(OnnxRuntime::of).run(folder).cases().getFirst();
    assertThat(wrong.reason()).contains("2 of 2 elements differ");

    Files.write(set.resolve("input_1.pb"), Onnx.toBytes("z", x));
    CaseResult surplus = Check.with(OnnxRuntime::of).run(folder).cases().getFirst();
    assertThat(surplus.reason()).isEqualTo("2 input files for a model of 1 inputs");
  }

  @Test
  void onlyARefusalToCompileIsUnsupported() throws IOException {
    Path file = written("a.onnx", doubling(DataType.FLOAT));
    var refusal = new UnsupportedModelException(List.of(new Unsupported("y", "Add", "no rule")));
    CaseResult refused =
        Check.with(
                model -> {
                  throw refusal;
                })
            .run(file)
            .cases()
            .getFirst();
    assertThat(refused)
        .isEqualTo(new CaseResult("a", Status.UNSUPPORTED, 0, "node 'y' (Add): no rule"));
    CaseResult broken =
        Check.with(
                model -> {
                  throw new IllegalStateException("a defect");
                })
            .run(file)
            .cases()
            .getFirst();
    assertThat(broken.status()).isEqualTo(Status.FAILED);
    assertThat(broken.reason()).contains("a defect");
  }

  @Test
  void sequencesAreUnsupported() throws IOException {
    var sequence = new ValueInfo("x", new Type.SequenceType(Type.tensor(DataType.FLOAT)));
    Model model =
        Model.of(
            new Graph(
                "sequence",
                List.of(Node.of("SequenceLength", List.of("x"), List.of("y"))),
                Map.of(),
                List.of(sequence),
                List.of(ValueInfo.of("y", DataType.INT64, Shape.SCALAR))),
            10,
            21);
    CaseResult result =
        Check.with(OnnxRuntime::of).run(written("s.onnx", model)).cases().getFirst();
    assertThat(result)
        .isEqualTo(
            new CaseResult("s", Status.UNSUPPORTED, 0, "node 'x': SequenceType, not a tensor"));
  }

  @Test
  void oneBadFileDoesNotStopTheOthers() throws IOException {
    Files.write(folder.resolve("0-empty.onnx"), new byte[0]);
    Files.write(folder.resolve("1-junk.onnx"), new byte[] {1, 2, 3, -1, -1, -1});
    byte[] whole = Onnx.toBytes(doubling(DataType.FLOAT));
    Files.write(folder.resolve("2-cut.onnx"), Arrays.copyOf(whole, whole.length / 2));
    written("3-good.onnx", doubling(DataType.FLOAT));
    Check.Report report = Check.with(OnnxRuntime::of).run(folder);
    assertThat(report.passed()).isEqualTo(1);
    assertThat(report.failed()).isEqualTo(3);
    assertThat(report.cases()).extracting(CaseResult::reason).doesNotContainNull();
    assertThatThrownBy(() -> Check.with(OnnxRuntime::of).run(folder.resolve("none")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("no such file or folder");
  }
}
