package org.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.espalier.cli.Ran.run;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.onnx.Onnx;
import org.junit.jupiter.api.Test;

/** Every other verb from the command line to its JSON, on small networks. */
class CommandTest extends WithNetwork {
  @Test
  void zooListsNamesAndWritesNetworks() throws Exception {
    assertThat(run("zoo", "--json").json()).anyMatch(name -> name.asText().equals("resnet20"));
    JsonNode written = run("zoo", "mlpnet", "-o", folder.resolve("two.onnx"), "--json").json();
    assertThat(written.get("parameters").asLong()).isEqualTo(784 * 40 + 40 + 40 * 20 + 20 + 210);
    assertThat(folder.resolve("two.onnx")).hasSameBinaryContentAs(dense);
  }

  @Test
  void blocksAreTakenOutAndNamed() {
    Path net = folder.resolve("resnet.onnx");
    assertThat(run("zoo", "resnet20", "-o", net).code()).isZero();
    Path out = folder.resolve("shallow.onnx");
    Object[] prune = {
      "prune", net, "-o", out, "--recipe", "random-block", "--budget", "macs=0.8x", "--no-latency"
    };
    Ran ran = run(prune);
    assertThat(ran.code()).as(ran.err()).isZero();
    assertThat(ran.out()).contains("blocks: 5 of 7 stay", "  without layer");
    assertThat(run(append(prune, "--scope", "global")).err())
        .contains("--scope is for methods that remove channels");
  }

  private static Object[] append(Object[] words, Object... more) {
    return Stream.concat(Arrays.stream(words), Arrays.stream(more)).toArray();
  }

  @Test
  void pruneMeetsTheBudgetAndVerifyProvesIt() throws Exception {
    Path sparse = folder.resolve("sparse.onnx");
    Ran pruned =
        run("prune", dense, "-o", sparse, "--budget", "sparsity=0.75", "--no-latency", "--json");
    assertThat(pruned.code()).as(pruned.err()).isZero();
    JsonNode json = pruned.json();
    assertThat(json.get("budget").get("reached").asText()).isEqualTo("sparsity=0.75");
    assertThat(json.get("before").get("nonzeros").asLong()).isEqualTo(32_360);
    assertThat(json.get("after").get("nonzeros").asLong()).isEqualTo(32_360 - 24_270);
    Ran verified = run("verify", dense, sparse, "--trials", "3", "--json");
    assertThat(verified.code()).isZero();
    assertThat(verified.json().get("equivalent").asBoolean()).isTrue();
    assertThat(verified.json().get("removed").asLong()).isEqualTo(24_270);
  }

  @Test
  void sparseStorageIsSmallerAndReadBackTheSame() {
    Path plain = folder.resolve("plain.onnx");
    Path small = folder.resolve("small.onnx");
    run("prune", dense, "-o", plain, "--budget", "sparsity=0.9", "--no-latency");
    run(
        "prune",
        dense,
        "-o",
        small,
        "--budget",
        "sparsity=0.9",
        "--no-latency",
        "--sparse-storage");
    assertThat(small.toFile().length()).isLessThan(plain.toFile().length() / 2);
    assertThat(run("verify", plain, small).code()).isZero();
  }

  @Test
  void packMakesAFileSmallAndPlainAgain() throws Exception {
    Path pruned = folder.resolve("pruned.onnx");
    Path direct = folder.resolve("direct.onnx");
    Path packed = folder.resolve("packed.onnx");
    Path plain = folder.resolve("again.onnx");
    run("prune", dense, "-o", pruned, "--budget", "sparsity=0.9", "--no-latency");
    String[] how = {"--budget", "sparsity=0.9", "--no-latency", "--storage", "compressed"};
    run("prune", dense, "-o", direct, how[0], how[1], how[2], how[3], how[4]);
    JsonNode json = run("pack", pruned, "-o", packed, "--json").json();
    assertThat(json.get("bytes").get("after").asLong()).isEqualTo(packed.toFile().length());
    assertThat(packed.toFile().length()).isLessThan(pruned.toFile().length() / 5);
    assertThat(packed).hasSameBinaryContentAs(direct);
    Ran inspected = run("inspect", packed, "--json");
    assertThat(inspected.json().get("layers"))
        .isEqualTo(run("inspect", pruned, "--json").json().get("layers"));
    assertThat(run("verify", dense, packed).code()).isZero();
    assertThat(run("pack", packed, "-o", plain, "--storage", "dense").code()).isZero();
    assertThat(Onnx.read(plain)).isEqualTo(Onnx.read(pruned));
  }

  @Test
  void verifyFailsOnAnotherNetwork() throws Exception {
    Path other = folder.resolve("other.onnx");
    run("zoo", "lenet-300-100", "-o", other);
    Ran ran = run("verify", dense, other, "--json");
    assertThat(ran.code()).isEqualTo(1);
    assertThat(ran.json().get("equivalent").asBoolean()).isFalse();
    assertThat(ran.json().get("maxRelativeError").isNull()).isTrue();
  }

  @Test
  void checkComparesWithOnnxRuntime() throws Exception {
    for (String executor : new String[] {"engine", "torch"}) {
      Ran ran = run("check", dense, "--executor", executor, "--json");
      assertThat(ran.code()).as(ran.out()).isZero();
      assertThat(ran.json().get("passed").asInt()).isEqualTo(1);
      assertThat(ran.json().get("cases").get(0).get("status").asText()).isEqualTo("passed");
    }
  }

  @Test
  void checkNamesEveryNodeThatItsExecutorLacks() throws Exception {
    var nodes =
        List.of(
            Node.of("Multinomial", List.of("x"), List.of("a"), Map.of()).withName("draw"),
            Node.of("Bernoulli", List.of("x"), List.of("b"), Map.of()).withName("toss"));
    var x = ValueInfo.of("x", DataType.FLOAT, Shape.of(1, 3));
    var a = ValueInfo.of("a", DataType.INT32, Shape.of(1, 1));
    var b = ValueInfo.of("b", DataType.FLOAT, Shape.of(1, 3));
    Path file = folder.resolve("chance.onnx");
    Onnx.write(Model.of(new Graph("g", nodes, Map.of(), List.of(x), List.of(a, b)), 8, 17), file);
    Ran ran = run("check", file);
    assertThat(ran.code()).as(ran.err()).isZero();
    assertThat(ran.out()).contains("'draw'", "'toss'", "1 unsupported");
  }

  @Test
  void regimesHasACellForEachTemperatureAndDensity() throws Exception {
    Path csv = folder.resolve("data.csv");
    Files.writeString(csv, TinyNet.separable());
    Path small = folder.resolve("small.onnx");
    Onnx.write(TinyNet.of(4, 16, 3), small);
    Object[] line = {
      "regimes",
      small,
      "--data",
      csv,
      "--temperature",
      "lr=0.01,0.1",
      "--densities",
      "0.5,0.9",
      "--epochs",
      2,
      "--retrain-epochs",
      1,
      "--samples",
      30,
      "-o",
      folder.resolve("regimes.jsonl"),
      "--json"
    };
    JsonNode cells = run(line).json().get("cells");
    assertThat(cells)
        .extracting(cell -> cell.get("temperature").asText() + " " + cell.get("density"))
        .containsExactly("lr=0.01 0.5", "lr=0.01 0.9", "lr=0.1 0.5", "lr=0.1 0.9");
    assertThat(cells).allMatch(cell -> cell.get("regime").asText().startsWith("I"));
    assertThat(run(line).json().get("reused").asInt()).isEqualTo(4);
  }

  @Test
  void trainPrunesMeanwhileAndEvaluateAgrees() throws Exception {
    Path csv = folder.resolve("data.csv");
    Files.writeString(csv, TinyNet.separable());
    Path small = folder.resolve("small.onnx");
    Onnx.write(TinyNet.of(4, 16, 3), small);
    Path out = folder.resolve("trained.onnx");
    Ran trained =
        run(
            "train",
            small,
            "-o",
            out,
            "--data",
            csv,
            "--epochs",
            20,
            "--batch",
            16,
            "--lr",
            "0.01",
            "--recipe",
            "gradual-magnitude",
            "--budget",
            "sparsity=0.5",
            "--no-latency",
            "--json");
    assertThat(trained.code()).as(trained.err()).isZero();
    assertThat(trained.json().get("sparsity").asDouble()).isEqualTo(0.5);
    assertThat(trained.json().get("accuracy").asDouble()).isGreaterThan(90);
    for (String executor : new String[] {"engine", "torch", "onnxruntime"}) {
      JsonNode json = run("evaluate", out, "--data", csv, "--executor", executor, "--json").json();
      assertThat(json.get("accuracy").asDouble())
          .isEqualTo(trained.json().get("accuracy").asDouble());
    }
    Path tuned = folder.resolve("tuned.onnx");
    run("train", out, "-o", tuned, "--data", csv, "--epochs", 2, "--hold-zeros", "--no-latency");
    assertThat(run("inspect", tuned, "--json").json().get("nonzeros"))
        .isEqualTo(run("inspect", out, "--json").json().get("nonzeros"));
  }

  @Test
  void whatFineTuningChangesCanBeDropped() throws Exception {
    Path csv = folder.resolve("data.csv");
    Files.writeString(csv, TinyNet.separable());
    Path base = folder.resolve("base.onnx");
    Path tuned = folder.resolve("tuned.onnx");
    Path further = folder.resolve("further.onnx");
    Onnx.write(TinyNet.of(4, 16, 3), base);
    String[] near = {"--recipe", "darex-l2", "--no-latency"};
    Ran trained =
        run("train", base, "-o", tuned, "--data", csv, "--epochs", 2, near[0], near[1], near[2]);
    assertThat(trained.code()).as(trained.err()).isZero();
    Object[] more = {"train", tuned, "-o", further, "--data", csv, "--epochs", 1, "--base", base};
    assertThat(run(with(more, near)).code()).isZero();
    Path dropped = folder.resolve("dropped.onnx");
    Object[] drop = {
      "prune", further, "-o", dropped, "--base", base, "--recipe", "dare", "--budget"
    };
    assertThat(run(with(drop, "sparsity=0.9", "--no-latency")).code()).isZero();
    assertThat(run(with(more, "--recipe", "gradual-magnitude", "--budget", "sparsity=0.5")).err())
        .contains("--recipe gradual-magnitude has no use for --base");
    assertThat(run(with(more, "--recipe", "darex-l1", "--budget", "sparsity=0.5")).err())
        .contains("--recipe darex-l1 prunes nothing: it takes no --budget");
  }

  private static Object[] with(Object[] line, String... more) {
    return Stream.concat(Stream.of(line), Stream.of(more)).toArray();
  }

  @Test
  void doctorFindsThisMachineWell() {
    Ran ran = run("doctor");
    assertThat(ran.code()).as(ran.out()).isZero();
  }

  @Test
  void measureComparesTwoNetworks() throws Exception {
    Path sparse = folder.resolve("sparse.onnx");
    assertThat(
            run("prune", dense, "-o", sparse, "--recipe", "magnitude", "--budget", "sparsity=0.9")
                .code())
        .isZero();
    String[] what = {"--what", "pq-index,agreement", "--samples", "50"};
    JsonNode json =
        run("measure", dense, sparse, "--json", what[0], what[1], what[2], what[3]).json();
    assertThat(json.get("findings").findValuesAsText("of"))
        .containsExactly("dense", "pruned", "both");
    JsonNode agreement = json.get("findings").get(2).get("findings");
    assertThat(agreement.get("numbers").get("targets").asInt()).isEqualTo(50);
    assertThat(agreement.get("tables").get(0).get("columns").get(0).asText()).isEqualTo("example");
    assertThat(run("measure", dense, sparse, what[0], what[1], what[2], what[3]).out())
        .contains("pq-index", "agreement  ", "rightToWrong", "layers, pruned");
    assertThat(run("measure", "--list").out()).contains("psp-entropy", "how little units");
    Ran alone = run("measure", dense, "--what", "agreement", "--samples", "20");
    assertThat(alone.code()).isEqualTo(2);
    assertThat(alone.err()).contains("agreement compares two networks, and one was given");
    assertThat(run("measure").err()).contains("missing MODEL");
  }
}
