package org.espalier.graph.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import java.io.IOException;
import java.nio.file.Path;
import org.espalier.graph.Model;
import org.espalier.graph.ModelCheck;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever our types can say is written and read without loss. */
class RandomModelTest {
  private static final int TRIALS = 300;

  @TempDir Path folder;

  @Test
  void everythingSurvivesBytes() throws IOException {
    var models = new RandomModels(SeededRandom.fresh());
    for (int trial = 0; trial < TRIALS; trial++) {
      Model model = models.model();
      ModelCheck.check(model);
      byte[] bytes = Onnx.toBytes(model);
      assertThat(Onnx.parse(bytes)).isEqualTo(model);
      // What Google's library makes of it and writes in its own order is the same model, too.
      byte[] theirs = ModelProto.parseFrom(bytes).toByteArray();
      assertThat(Protos.normal(ModelProto.parseFrom(Onnx.toBytes(Onnx.parse(theirs)))))
          .isEqualTo(Protos.normal(ModelProto.parseFrom(theirs)));
    }
  }

  @Test
  void everythingSurvivesFiles() {
    var models = new RandomModels(SeededRandom.fresh());
    for (int trial = 0; trial < 20; trial++) {
      Model model = models.model();
      Path file = folder.resolve("m" + trial + ".onnx");
      Onnx.write(model, file, new ExternalData("w" + trial, 8));
      assertThat(Onnx.read(file)).isEqualTo(model);
      Onnx.write(model, file);
      assertThat(Onnx.read(file)).isEqualTo(model);
    }
  }
}
