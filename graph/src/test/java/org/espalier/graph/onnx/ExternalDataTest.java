package org.espalier.graph.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Bytes;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.testing.TestData;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExternalDataTest {
  @TempDir Path folder;

  private static Model holding(Map<String, Tensor> initializers) {
    var x = ValueInfo.of("x", DataType.FLOAT, Shape.of(1));
    var y = ValueInfo.of("y", DataType.FLOAT, Shape.of(1));
    var node = Node.of("Identity", List.of("x"), List.of("y"));
    return Model.of(new Graph("g", List.of(node), initializers, List.of(x), List.of(y)), 10, 21);
  }

  private static Model someWeights() {
    var random = SeededRandom.fresh();
    var tensors = new LinkedHashMap<String, Tensor>();
    for (int size : new int[] {0, 1, 7, 255, 256, 257, 1021, 300_007}) {
      tensors.put("w" + size, random.gaussian(size));
    }
    tensors.put("bytes", Tensor.allocate(DataType.UINT4, 2_047));
    tensors.put("text", Tensor.ofStrings(List.of(Bytes.utf8("a")), 1));
    return holding(tensors);
  }

  @Test
  void weightsBesideTheModelComeBackEqual() throws IOException {
    Model model = someWeights();
    Path file = folder.resolve("m.onnx");
    for (long threshold : new long[] {0, 1024, Long.MAX_VALUE}) {
      Onnx.write(model, file, new ExternalData("m.weights", threshold));
      assertThat(Onnx.read(file)).isEqualTo(model);
      assertThat(Files.exists(folder.resolve("m.weights"))).isEqualTo(threshold < 1L << 40);
      Files.deleteIfExists(folder.resolve("m.weights"));
    }
  }

  @Test
  void largeTensorsStartAtPagesAndOthersAtCacheLines() throws IOException {
    Path file = folder.resolve("m.onnx");
    Onnx.write(someWeights(), file, ExternalData.in("m.weights"));
    var proto = ai.onnx.proto.OnnxMl.ModelProto.parseFrom(Files.readAllBytes(file));
    int external = 0;
    for (var tensor : proto.getGraph().getInitializerList()) {
      for (var entry : tensor.getExternalDataList()) {
        if (entry.getKey().equals("offset")) {
          external++;
          long offset = Long.parseLong(entry.getValue());
          assertThat(offset % (tensor.getName().equals("w300007") ? 4096 : 64)).isZero();
        }
      }
    }
    assertThat(external).isEqualTo(5);
  }

  @Test
  void modelKeepsItsWeightsWhenItReplacesItsOwnFiles() {
    Path file = folder.resolve("m.onnx");
    Model model = someWeights();
    Onnx.write(model, file, ExternalData.in("m.weights"));
    Model read = Onnx.read(file);
    Onnx.write(read, file, ExternalData.in("m.weights"));
    assertThat(read).isEqualTo(model);
    assertThat(Onnx.read(file)).isEqualTo(model);
    Onnx.write(read, file);
    assertThat(Onnx.read(file)).isEqualTo(model);
  }

  @Test
  void nameOfTheWeightsCannotLeaveTheFolder() {
    for (String name : List.of("", "../w", "a/b", "a\\b", "..")) {
      assertThatThrownBy(() -> ExternalData.in(name))
          .hasMessageContaining("expected the name of a file in the model's folder");
    }
    Path file = folder.resolve("m.onnx");
    assertThatThrownBy(() -> Onnx.write(someWeights(), file, ExternalData.in("m.onnx")))
        .hasMessage(file + ": the model and its weights can't be one file");
  }

  @Test
  void linkOutOfTheFolderIsRefused() throws IOException {
    Path inside = Files.createDirectory(folder.resolve("inside"));
    Path file = inside.resolve("m.onnx");
    Onnx.write(someWeights(), file, ExternalData.in("w"));
    Files.move(inside.resolve("w"), folder.resolve("w"));
    Files.createSymbolicLink(inside.resolve("w"), folder.resolve("w"));
    assertThatThrownBy(() -> Onnx.read(file))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            file + ": tensor 'w256': external data in 'w', outside the model's folder " + inside);
  }

  /** As in the caches of model hubs: names are links into a folder of blobs. */
  @Test
  void linkedModelMayHaveItsWeightsBesideItsTarget() throws IOException {
    Path blobs = Files.createDirectory(folder.resolve("blobs"));
    Path snapshot = Files.createDirectory(folder.resolve("snapshot"));
    Model model = someWeights();
    Onnx.write(model, snapshot.resolve("m.onnx"), ExternalData.in("w"));
    for (String name : List.of("m.onnx", "w")) {
      Path blob = blobs.resolve("sha-of-" + name);
      Files.move(snapshot.resolve(name), blob);
      Files.createSymbolicLink(
          snapshot.resolve(name), Path.of("..", "blobs", blob.getFileName().toString()));
    }
    assertThat(Onnx.read(snapshot.resolve("m.onnx"))).isEqualTo(model);
  }

  @Test
  void truncatedWeightsAreNamed() throws IOException {
    Path file = folder.resolve("m.onnx");
    Onnx.write(
        holding(Map.of("w", Tensor.allocate(DataType.FLOAT, 1000))), file, ExternalData.in("w"));
    Files.write(folder.resolve("w"), new byte[3999]);
    assertThatThrownBy(() -> Onnx.read(file))
        .hasMessage(
            file + ": tensor 'w': external data of 4000 bytes start at byte 0, 'w' has 3999");
    Files.delete(folder.resolve("w"));
    assertThatThrownBy(() -> Onnx.read(file))
        .hasMessage(
            "%s: tensor 'w': external data in 'w', which is not there (in %s)"
                .formatted(file, folder));
  }

  @Test
  void exportersFilesAreRead() {
    Model model = Onnx.read(TestData.of("exported", "var-miniresnet-externaldata", "model.onnx"));
    Path copy = folder.resolve("copy.onnx");
    Onnx.write(model, copy);
    assertThat(Onnx.read(copy)).isEqualTo(model);
  }

  /** A tensor over a file of 3 GB that has only its last value on the disk. */
  private Tensor hole(long elements) throws IOException {
    Path file = folder.resolve("hole");
    try (var channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.SPARSE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(new byte[] {42}), elements - 1);
      return Tensor.of(
          DataType.UINT8,
          new long[] {elements},
          channel.map(MapMode.READ_ONLY, 0, elements, Arena.ofAuto()));
    }
  }

  @Test
  void arrayOfBytesOverTwoGigabytesIsRefused() throws IOException {
    Model model = holding(Map.of("w", hole(3L << 30)));
    assertThatThrownBy(() -> Onnx.toBytes(model))
        .hasMessageMatching("3221225\\d{3} bytes, an array can have 2147483647");
  }

  @Test
  @Tag("slow")
  void modelOverTwoGigabytesGoesIntoTwoFiles() throws IOException {
    long elements = (2L << 30) + 17;
    Model model = holding(Map.of("w", hole(elements), "v", Tensor.of(new float[] {1, 2})));
    Path file = folder.resolve("m.onnx");
    Onnx.write(model, file);
    assertThat(Files.size(file)).isLessThan(1000);
    Tensor read = Onnx.read(file).graph().initializers().get("w");
    assertThat(read.size()).isEqualTo(elements);
    assertThat(read.data().get(ValueLayout.JAVA_BYTE, elements - 1)).isEqualTo((byte) 42);
    assertThat(Files.size(folder.resolve("m.onnx.data"))).isEqualTo(elements);
  }
}
