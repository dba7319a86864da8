package org.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.espalier.cli.Ran.run;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.stream.Stream;
import org.espalier.graph.Model;
import org.espalier.graph.onnx.Onnx;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.Test;

/** What no verb can work with is told in one line, and nothing is written. */
class BadInputTest extends WithNetwork {
  /** Its weight takes more than its input gives. */
  private static Model misfit() {
    Model sound = TinyNet.of(4, 5, 3);
    var weights = new LinkedHashMap<>(sound.graph().initializers());
    weights.put("fc1.weight", SeededRandom.of(1).gaussian(7, 5));
    return sound.withGraph(sound.graph().withInitializers(weights));
  }

  @Test
  void badInputIsOneLineExitTwoAndNothingWritten() throws Exception {
    Path truncated = folder.resolve("truncated.onnx");
    byte[] bytes = Files.readAllBytes(dense);
    Files.write(truncated, Arrays.copyOf(bytes, bytes.length / 2));
    Path magic = folder.resolve("magic.onnx");
    Files.writeString(magic, "PK\3\4 this is no model at all");
    Path empty = Files.createDirectory(folder.resolve("empty"));
    Path misfit = folder.resolve("misfit.onnx");
    Onnx.write(misfit(), misfit);
    Path csv = folder.resolve("data.csv");
    Files.writeString(csv, TinyNet.separable());
    Path out = folder.resolve("out.onnx");
    Files.writeString(out, "precious");
    Object[][] lines = {
      {"prune", truncated, "-o", out},
      {"prune", magic, "-o", out},
      {"prune", folder.resolve("absent.onnx"), "-o", out},
      {"prune", dense, "-o", dense},
      {"prune", dense, "-o", folder.resolve("no/such/folder.onnx")},
      {"prune", dense, "-o", empty},
      {"prune", dense, "-o", out, "--budget", "sparsity=1.2"},
      {"prune", dense, "-o", out, "--recipe", "magic"},
      {"prune", dense, "-o", out, "--recipe", "gradual-magnitude"},
      {"prune", dense, "-o", out, "--pattern", "4:2"},
      {"prune", dense, "-o", out, "--keep-dense", "nothing"},
      {"train", dense, "-o", out, "--data", empty},
      {"train", dense, "-o", out, "--data", folder.resolve("absent")},
      {
        "train",
        dense,
        "-o",
        out,
        "--recipe",
        "gradual-magnitude",
        "--budget",
        "sparsity=0.5",
        "--pattern",
        "2:4"
      },
      {"train", dense, "-o", out, "--epochs", "0"},
      {"evaluate", dense, "--data", empty},
      {"evaluate", dense, "--data", empty, "--image-shape", "4x8"},
      {"inspect", dense, "--shapes", "input=1xa"},
      {"inspect", dense, "--shapes", "input=1x2x3x4"},
      {"bench", dense, "--threads", "0"},
      {"bench", dense, "--rounds", "0"},
      {"layers", dense, "--threads", "0"},
      {"layers", dense, "--pattern", "x4"},
      {"bench", dense, "--shapes", "input=1xax28x28"},
      {"bench", dense, "--shapes", "input=1x1x28x29"},
      {"bench", dense, "--shapes", "pixels=1x1x28x28"},
      {"bench", dense, "--shapes", "input=2x1x28x28", "--batch", "3"},
      {"verify", dense, magic},
      {"check", folder.resolve("absent")},
      {"check", truncated},
      {"check", empty},
      {"inspect", misfit},
      {"prune", misfit, "-o", folder.resolve("new.onnx")},
      {"train", dense, "-o", out, "--checkpoint", out},
      {"train", dense, "-o", out, "--checkpoint", dense},
      {"train", dense, "-o", out, "--checkpoint", folder.resolve("no/such")},
      {"train", dense, "-o", csv, "--data", csv},
      {"train", dense, "-o", out, "--data", csv, "--checkpoint", csv},
      {"train", dense, "-o", out, "--batch", "0"},
      {"regimes", dense, "--data", csv, "--temperature", "depth=1"},
      {"regimes", dense, "--data", csv, "--temperature", "epochs"},
      {"regimes", dense, "--data", csv, "--temperature", "epochs=1,x"},
      {"regimes", dense, "--data", csv, "--temperature", "epochs=1", "--densities", "0"},
      {"inspect"},
      {"uproot"},
      {"quickstart", "--threads", "0", "-o", empty},
      {"zoo", "resnet21", "-o", out},
      {"quickstart", "-o", dense},
    };
    for (Object[] line : lines) {
      Ran ran = run(line);
      assertThat(ran.code()).as(Arrays.toString(line) + ran.err()).isEqualTo(2);
      assertThat(ran.out()).as(Arrays.toString(line)).isEmpty();
      assertThat(ran.err())
          .as(Arrays.toString(line))
          .startsWith("espalier: ")
          .hasLineCount(1)
          .doesNotContain("\tat ");
    }
    assertThat(out).hasContent("precious");
    assertThat(csv).hasContent(TinyNet.separable());
    assertThat(folder.resolve("new.onnx")).doesNotExist();
    assertThat(empty).isEmptyDirectory();
    assertThat(Files.readAllBytes(dense)).isEqualTo(bytes);
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.filter(file -> file.toString().endsWith(".tmp"))).isEmpty();
    }
  }
}
