package org.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.espalier.graph.onnx.Onnx;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A training in a process of its own, which is killed and started again. */
class KilledTrainingTest {
  private static final int EPOCHS = 200;

  @TempDir Path folder;
  private Path expected;

  @BeforeEach
  void uninterrupted() throws Exception {
    var csv = new StringBuilder("a,b,c,label\n");
    var random = new Random(7);
    for (int k = 0; k < 400; k++) {
      double a = random.nextGaussian();
      double b = random.nextGaussian();
      csv.append("%f,%f,%f,%d\n".formatted(a, b, random.nextGaussian(), a * b > 0 ? 1 : 0));
    }
    Files.writeString(folder.resolve("data.csv"), csv);
    Onnx.write(TinyNet.of(3, 23, 2), folder.resolve("net.onnx"));
    expected = folder.resolve("expected.onnx");
    var err = new StringWriter();
    String[] line = line(expected, folder.resolve("other.checkpoint")).toArray(String[]::new);
    int code = Main.run(new PrintWriter(new StringWriter()), new PrintWriter(err), line);
    assertThat(code).as(err.toString()).isZero();
  }

  private List<String> line(Path out, Path checkpoint) {
    return Stream.of(
            "train",
            folder.resolve("net.onnx"),
            "-o",
            out,
            "--data",
            folder.resolve("data.csv"),
            "--epochs",
            EPOCHS,
            "--batch",
            16,
            "--optimizer",
            "sgd",
            "--lr",
            "0.01",
            "--recipe",
            "gradual-magnitude",
            "--budget",
            "sparsity=0.8",
            "--threads",
            1,
            "--checkpoint",
            checkpoint,
            "--no-latency",
            "--json")
        .map(Object::toString)
        .toList();
  }

  private Process start(Path out, Path checkpoint) throws Exception {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(option -> option.startsWith("--add-modules") || option.startsWith("--enable"))
        .forEach(command::add);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(line(out, checkpoint));
    File log = folder.resolve("log").toFile();
    return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log).start();
  }

  private static void awaitFile(Path file, Process process) throws Exception {
    while (!Files.exists(file) && process.isAlive()) {
      Thread.sleep(5);
    }
  }

  @Test
  void endsWithTheSameBytesHoweverOftenItIsKilled() throws Exception {
    var random = SeededRandom.fresh();
    Path out = folder.resolve("out.onnx");
    Path checkpoint = folder.resolve("checkpoint");
    for (int kill = 0; kill < 2; kill++) {
      Process process = start(out, checkpoint);
      awaitFile(checkpoint, process);
      Thread.sleep(random.nextInt(300));
      process.destroyForcibly().waitFor();
      assertThat(checkpoint).exists();
    }
    Process last = start(out, checkpoint);
    assertThat(last.waitFor(10, TimeUnit.MINUTES)).isTrue();
    assertThat(last.exitValue()).as(Files.readString(folder.resolve("log"))).isZero();
    assertThat(out).hasSameBinaryContentAs(expected);
  }

  @Test
  void leavesACheckpointAndNothingElseWhenAskedToStop() throws Exception {
    Path out = folder.resolve("stopped.onnx");
    Path checkpoint = folder.resolve("checkpoint");
    boolean late = true; // the training had ended when the signal came
    for (int attempt = 0; attempt < 5 && late; attempt++) {
      Files.deleteIfExists(out);
      Files.deleteIfExists(checkpoint);
      Process process = start(out, checkpoint);
      awaitFile(checkpoint, process);
      process.destroy(); // SIGTERM
      assertThat(process.waitFor(10, TimeUnit.MINUTES)).isTrue();
      late = process.exitValue() == 0;
    }
    assertThat(late).isFalse();
    assertThat(out).doesNotExist();
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "data.csv", "net.onnx", "expected.onnx", "other.checkpoint", "checkpoint", "log");
    }
    assertThat(Main.run(quiet(), quiet(), line(out, checkpoint).toArray(String[]::new))).isZero();
    assertThat(out).hasSameBinaryContentAs(expected);
  }

  private static PrintWriter quiet() {
    return new PrintWriter(new StringWriter());
  }
}
