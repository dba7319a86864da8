package org.espalier.graph.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.testing.TestData;
import org.junit.jupiter.api.Test;

/** Every real file that there is: read, written, read again. */
class CorpusTest {
  static List<Path> files(String folder, String suffix) {
    try (Stream<Path> walk = Files.walk(TestData.of(folder))) {
      return walk.filter(file -> file.toString().endsWith(suffix)).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void conformanceModelsComeBackEqual() {
    comeBackEqual(files("onnx-backend", ".onnx"));
  }

  @Test
  void exportedModelsComeBackEqual() {
    comeBackEqual(files("exported", ".onnx"));
  }

  @Test
  void trainedModelsComeBackEqual() {
    comeBackEqual(files("trained", ".onnx"));
  }

  private static void comeBackEqual(List<Path> files) {
    assertThat(files).isNotEmpty();
    var failures = new ArrayList<String>();
    for (Path file : files) {
      try {
        Model model = Onnx.read(file);
        byte[] written = Onnx.toBytes(model);
        Model again = Onnx.parse(written);
        if (!again.equals(model)) {
          failures.add(file + " comes back different");
        }
        if (!Arrays.equals(Onnx.toBytes(again), written)) {
          failures.add(file + " is written differently the second time");
        }
      } catch (InvalidInputException e) {
        failures.add(e.getMessage());
      }
    }
    assertThat(failures).isEmpty();
  }

  @Test
  void tensorsOfTheConformanceCasesComeBackEqual() {
    int others = 0;
    List<Path> files = files("onnx-backend", ".pb");
    for (Path file : files) {
      try {
        var tensor = Onnx.readTensor(file);
        assertThat(Onnx.readTensor(Onnx.toBytes("", tensor))).isEqualTo(tensor);
      } catch (InvalidInputException e) {
        assertThat(e).hasMessageStartingWith(file + ": not a tensor (sequences and optionals");
        assertThat(file.toString()).matches(".*(sequence|optional|loop|if_seq|identity_opt).*");
        others++;
      }
    }
    System.out.println(files.size() + " tensors, " + others + " of them sequences or optionals");
  }
}
