package org.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;
import static org.espalier.cli.Ran.run;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Random;
import java.util.stream.Stream;
import org.espalier.graph.Model;
import org.espalier.graph.onnx.Onnx;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every verb from the command line to its JSON, on small networks. */
class CommandTest {
  @TempDir Path folder;
  private Path dense;

  @BeforeEach
  void network() {
    dense = folder.resolve("dense.onnx");
    assertThat(run("zoo", "mlpnet", "-o", dense).code()).isZero();
  }

  @Test
  void zooListsNamesAndWritesNetworks() throws Exception {
    assertThat(run("zoo", "--json").json()).anyMatch(name -> name.asText().equals("resnet20"));
    JsonNode written = run("zoo", "mlpnet", "-o", folder.resolve("two.onnx"), "--json").json();
    assertThat(written.get("parameters").asLong()).isEqualTo(784 * 40 + 40 + 40 * 20 + 20 + 210);
    assertThat(folder.resolve("two.onnx")).hasSameBinaryContentAs(dense);
  }

  @Test
  void inspectShowsThePlan() throws Exception {
    JsonNode plan = run("inspect", dense, "--plan", "--json").json().get("plan");
    assertThat(plan.size()).isGreaterThanOrEqualTo(3);
    assertThat(plan.findValuesAsText("op")).contains("Gemm");
    assertThat(plan.findValuesAsText("reason")).noneMatch(String::isBlank);
    assertThat(plan.findValues("micros")).allMatch(micros -> micros.asDouble() >= 0);
    assertThat(run("inspect", dense, "--plan").out()).contains("expected us", "reason");
  }

  @Test
  void inspectShowsWhatIsCoupled() throws Exception {
    JsonNode json = run("inspect", dense, "--coupling", "--json").json();
    JsonNode group = json.get("groups").get(0);
    assertThat(group.get("size").asInt()).isPositive();
    assertThat(group.get("members").get(0).get("role").asText()).isEqualTo("producer");
    assertThat(json.get("frozen").get(0).get("reason").asText()).isNotEmpty();
    assertThat(json.get("prunableShare").asDouble()).isBetween(0.5, 1.0);
    assertThat(run("inspect", dense, "--coupling").out()).contains("made by", "What must stay");
    assertThat(run("inspect", dense, "--json").json().has("groups")).isFalse();
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
  void inspectCounts() throws Exception {
    JsonNode json = run("inspect", dense, "--json").json();
    assertThat(json.get("parameters").asLong()).isEqualTo(32_430);
    assertThat(json.get("macs").asLong()).isEqualTo(784 * 40 + 40 * 20 + 20 * 10);
    assertThat(json.get("layers")).hasSize(3);
    assertThat(json.get("layers").get(0).get("shape").toString()).isEqualTo("[1,40]");
    assertThat(run("inspect", dense).out()).contains("32,430 parameters");
    assertThat(json.has("plan")).isFalse();
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
  void compareHasARowForEachMethodBudgetAndSeed() throws Exception {
    Path report = folder.resolve("report.html");
    Path page = folder.resolve("arena.md");
    String[] command = {
      "compare",
      dense.toString(),
      "--data",
      "embedded",
      "--methods",
      "magnitude,wanda",
      "--budgets",
      "sparsity=0.5,0.9",
      "--seeds",
      "1",
      "--samples",
      "32",
      "--test",
      "100",
      "-o",
      report.toString(),
      "--markdown",
      page.toString(),
      "--json"
    };
    Ran ran = run((Object[]) command);
    assertThat(ran.code()).as(ran.err()).isZero();
    JsonNode rows = ran.json().get("rows");
    assertThat(rows).hasSize(3 * 2);
    assertThat(rows.findValuesAsText("method")).contains("random", "magnitude", "wanda");
    for (JsonNode row : rows) {
      assertThat(row.get("reached").asText()).isEqualTo(row.get("budget").asText());
      assertThat(row.get("seed").asInt()).isZero();
      assertThat(row.get("accuracy").asDouble()).isBetween(0.0, 100.0);
      assertThat(row.get("seconds").asDouble()).isPositive();
    }
    assertThat(report).exists();
    assertThat(page).content().contains(String.join(" ", command), "| wanda |");
    assertThat(run((Object[]) command).json().get("rows")).isEqualTo(rows);
  }

  @Test
  void compareKnowsItsBaselines() {
    Ran unknown = run("compare", dense, "--data", "embedded", "--baseline", "larger-dense");
    assertThat(unknown.code()).isEqualTo(2);
    assertThat(unknown.err()).contains("beside random pruning there is smaller-dense");
    Ran never =
        run(
            "compare",
            dense,
            "--data",
            "embedded",
            "--baseline",
            "smaller-dense",
            "--baseline-epochs",
            "0");
    assertThat(never.code()).isEqualTo(2);
    assertThat(never.err()).contains("for 0 epochs, expected 1 or more");
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

  private Ran bench(Object... options) {
    Object[] quick = {"bench", dense, "--seconds", "0.1", "--warm-up", "0.1", "--threads", "1"};
    return run(Stream.concat(Arrays.stream(quick), Arrays.stream(options)).toArray());
  }

  @Test
  void benchTimesBoth() throws Exception {
    JsonNode json = bench("--json").json();
    double ours = json.get("engine").get("medianMs").asDouble();
    double theirs = json.get("onnxruntime").get("medianMs").asDouble();
    assertThat(ours).isPositive();
    for (String percentile : new String[] {"p90Ms", "p95Ms", "p99Ms", "maxMs"}) {
      assertThat(json.get("engine").get(percentile).asDouble()).isGreaterThanOrEqualTo(ours);
    }
    assertThat(json.get("ratio").asDouble()).isEqualTo(theirs / ours);
    assertThat(json.get("ratios").get("least").asDouble()).isPositive();
    assertThat(json.get("onnxruntimeSparse").isNull()).isTrue();
    assertThat(json.get("layers").isNull()).isTrue();
    assertThat(json.get("macs").asLong()).isEqualTo(784 * 40 + 40 * 20 + 20 * 10);
    assertThat(json.get("gflops").get("effective").asDouble())
        .isCloseTo(2e-6 * json.get("macs").asLong() / ours, withinPercentage(0.01));
  }

  @Test
  void benchMeasuresADenseOriginalBesideASparseFile() throws Exception {
    Path sparse = folder.resolve("sparse.onnx");
    run("prune", dense, "-o", sparse, "--budget", "sparsity=0.9", "--no-latency");
    JsonNode json =
        run(
                "bench",
                sparse,
                "--dense",
                dense,
                "--batch",
                "5",
                "--seconds",
                "0.1",
                "--warm-up",
                "0.1",
                "--layers",
                "--json")
            .json();
    assertThat(json.get("onnxruntimeSparse").get("medianMs").asDouble()).isPositive();
    assertThat(json.get("batch").asInt()).isEqualTo(5);
    assertThat(json.get("inputs").get("input").get(0).asInt()).isEqualTo(5);
    double useful = json.get("gflops").get("useful").asDouble();
    assertThat(json.get("gflops").get("effective").asDouble()).isBetween(9 * useful, 11 * useful);
    JsonNode layers = json.get("layers");
    double share = 0;
    double sum = 0;
    for (JsonNode layer : layers.get("layers")) {
      share += layer.get("share").asDouble();
      sum += layer.get("micros").asDouble();
    }
    assertThat(share).isCloseTo(1, withinPercentage(0.01));
    assertThat(sum / 1e3).isCloseTo(layers.get("sumMs").asDouble(), withinPercentage(0.01));
    assertThat(layers.get("onnxruntimeOtherMs").asDouble())
        .isLessThan(layers.get("onnxruntimeSumMs").asDouble());
  }

  @Test
  void benchInOtherScenarios() throws Exception {
    JsonNode streams =
        bench("--scenario", "streams", "--streams", "3", "--against", "none", "--json").json();
    assertThat(streams.get("streams").asInt()).isEqualTo(3);
    assertThat(streams.get("onnxruntime").isNull()).isTrue();
    assertThat(streams.get("engine").get("itemsPerSecond").asDouble()).isPositive();
    assertThat(bench("--scenario", "throughput", "--against", "dense").out())
        .contains("items/s", "ratio by round");
    assertThat(bench("--shapes", "input=2x1x28x28", "--json").json().get("batch").asInt())
        .isEqualTo(2);
  }

  @Test
  void trainPrunesMeanwhileAndEvaluateAgrees() throws Exception {
    Path csv = folder.resolve("data.csv");
    Files.writeString(csv, separable());
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

  /** Three classes by the largest of the first three features. */
  private static String separable() {
    var random = new Random(5);
    var csv = new StringBuilder("a,b,c,d,label\n");
    for (int k = 0; k < 300; k++) {
      double[] x = random.doubles(4, -1, 1).toArray();
      int label = x[0] > x[1] ? (x[0] > x[2] ? 0 : 2) : x[1] > x[2] ? 1 : 2;
      x[label] += 0.3;
      csv.append("%f,%f,%f,%f,%d\n".formatted(x[0], x[1], x[2], x[3], label));
    }
    return csv.toString();
  }

  @Test
  void doctorFindsThisMachineWell() {
    Ran ran = run("doctor");
    assertThat(ran.code()).as(ran.out()).isZero();
  }

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
    Files.writeString(csv, separable());
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
      {"inspect", dense, "--shape", "input=1,x"},
      {"inspect", dense, "--shape", "input=1,2,3,4"},
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
    assertThat(csv).hasContent(separable());
    assertThat(folder.resolve("new.onnx")).doesNotExist();
    assertThat(empty).isEmptyDirectory();
    assertThat(Files.readAllBytes(dense)).isEqualTo(bytes);
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.filter(file -> file.toString().endsWith(".tmp"))).isEmpty();
    }
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
