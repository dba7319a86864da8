package org.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.espalier.cli.Ran.run;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.espalier.graph.Model;
import org.espalier.graph.onnx.ExternalData;
import org.espalier.graph.onnx.Onnx;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code prune} writes, refuses and certifies. */
class PruneCommandTest extends WithNetwork {
  private static String sha256(Path file) throws Exception {
    byte[] bytes = Files.readAllBytes(file);
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  @ParameterizedTest
  @ValueSource(strings = {"l1-filter", "magnitude"})
  void aCertificateNamesWhatItIsAbout(String method) throws Exception {
    Path out = folder.resolve("small.onnx");
    Path certificate = folder.resolve("small.json");
    Ran ran =
        run(
            "prune",
            dense,
            "-o",
            out,
            "--recipe",
            method,
            "--no-latency",
            "--certificate",
            certificate,
            "--json");
    assertThat(ran.code()).as(ran.err()).isZero();
    JsonNode written = Json.MAPPER.readTree(certificate.toFile());
    assertThat(ran.json().get("proof")).isEqualTo(written);
    assertThat(written.get("original").get(0).get("sha256").asText()).isEqualTo(sha256(dense));
    assertThat(written.get("pruned").get(0).get("sha256").asText()).isEqualTo(sha256(out));
    JsonNode proof = written.get("proof");
    assertThat(proof.get("equivalent").asBoolean()).isTrue();
    assertThat(proof.get("maxRelativeError").asDouble()).isBetween(0.0, 1e-4);
    assertThat(proof.get("inputsHash").asText()).hasSize(64);
    boolean channels = method.equals("l1-filter");
    assertThat(written.get("kind").asText()).isEqualTo(channels ? "removal" : "zeros");
    if (channels) {
      assertThat(proof.get("groups").get(0).get("channels")).hasSize(20);
      assertThat(proof.get("frozen").get(0).get("reason").asText()).isNotEmpty();
    }
    Path again = folder.resolve("again.json");
    assertThat(run("verify", dense, out, "--certificate", again).code()).isZero();
    assertThat(again).hasSameTextualContentAs(certificate);
  }

  @Test
  void aCertificateSaysWhatDoesNotHold() throws Exception {
    Path small = folder.resolve("small.onnx");
    Path certificate = folder.resolve("small.json");
    run("prune", dense, "-o", small, "--recipe", "l1-filter", "--no-latency");
    Ran ran = run("verify", small, dense, "--certificate", certificate);
    assertThat(ran.code()).isEqualTo(1);
    JsonNode proof = Json.MAPPER.readTree(certificate.toFile()).get("proof");
    assertThat(proof.get("equivalent").asBoolean()).isFalse();
    assertThat(proof.get("reason").asText()).isNotEmpty();
  }

  @Test
  void nothingThatIsReadIsOverwritten() throws Exception {
    Model model = Onnx.read(dense);
    Path spread = folder.resolve("spread.onnx");
    Onnx.write(model, spread, new ExternalData("out.onnx.data", 0));
    Path weights = folder.resolve("out.onnx.data");
    String before = sha256(weights);
    Path out = folder.resolve("out.onnx");
    Path free = folder.resolve("free.onnx");
    Object[][] lines = {
      {"prune", spread, "-o", weights},
      {"prune", spread, "-o", out}, // whose weights would go there, where it has too many
      {"prune", spread, "-o", spread},
      {"prune", spread, "-o", free, "--certificate", weights},
      {"prune", spread, "-o", free, "--certificate", spread},
      {"prune", spread, "-o", free, "--certificate", free},
      {"verify", dense, spread, "--certificate", weights},
      {"verify", dense, "--certificate", folder.resolve("new.json")},
      {"pack", spread, "-o", weights},
      {"train", spread, "-o", weights},
      {"train", spread, "-o", free, "--checkpoint", weights},
    };
    for (Object[] line : lines) {
      Ran ran = run(line);
      assertThat(ran.code()).as(String.join(" ", ran.err(), ran.out())).isEqualTo(2);
      assertThat(ran.err()).startsWith("espalier: ").hasLineCount(1);
    }
    assertThat(sha256(weights)).isEqualTo(before);
    assertThat(out).doesNotExist();
    assertThat(free).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--recipe=thinet",
        "--recipe=taylor-filter",
        "--recipe=pagcp",
        "--recipe=l1-filter --repair=least-squares",
        "--recipe=l1-filter --budget=accuracy=-1",
        "--recipe=wanda",
        "--recipe=sparsegpt --pattern=2:4",
        "--recipe=magnitude --allocation=ecoflap"
      })
  void whatNeedsDataSaysSo(String options) {
    Path out = folder.resolve("small.onnx");
    String[] words = options.split(" ", 2);
    Ran ran =
        words.length == 1
            ? run("prune", dense, "-o", out, words[0])
            : run("prune", dense, "-o", out, words[0], words[1]);
    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err())
        .startsWith("espalier: ") // and no file's name, as none is at fault
        .doesNotContain("dense.onnx")
        .contains("needs data", "--data")
        .hasLineCount(1);
    assertThat(out).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({
    "magnitude, --executor=engine, remove channels",
    "magnitude, --evaluate-samples=1000, remove channels",
    "l1-filter, --stages=2, make zeros",
    "l1-filter, --allocation=erk, make zeros",
    "random-block, --round-to=8, remove channels",
    "random-block, --repair=batch-norm, remove channels",
  })
  void anOptionOfOtherMethodsIsRefused(String method, String option, String does) {
    Ran ran = run("prune", dense, "-o", folder.resolve("x.onnx"), "--recipe", method, option);
    String name = option.substring(0, option.indexOf('='));
    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err()).contains(name + " is for methods that " + does);
  }

  @Test
  void latencyTellsWhatLayersTakeAtOtherWidths() throws Exception {
    Path times = folder.resolve("times");
    String[] command = {
      "latency", dense.toString(), "--threads", "1", "--layer-times", times.toString()
    };
    Ran ran = run(command[0], command[1], command[2], command[3], command[4], command[5], "--json");
    assertThat(ran.code()).as(ran.err()).isZero();
    JsonNode layers = ran.json().get("layers");
    assertThat(layers).hasSize(3);
    for (JsonNode layer : layers) {
      assertThat(layer.get("points").size()).isGreaterThan(3);
      assertThat(layer.get("points").findValues("ms")).allMatch(ms -> ms.asDouble() > 0);
    }
    assertThat(layers.get(0).get("width").get("in").asInt()).isEqualTo(784);
    String known = Files.readString(times);
    assertThat(run((Object[]) command).out()).contains("of the whole width", "784");
    assertThat(times).hasContent(known);
    Path out = folder.resolve("small.onnx");
    Ran pruned =
        run(
            "prune",
            dense,
            "-o",
            out,
            "--recipe=l1-filter",
            "--budget=latency=1000ms",
            "--threads=1",
            "--layer-times=" + times,
            "--no-latency",
            "--json");
    assertThat(pruned.code()).as(pruned.err()).isZero();
    assertThat(pruned.json().get("channels").get("measured")).isNotEmpty();
    assertThat(times).hasContent(known);
  }

  /** Zeros alone make nothing faster: without a measured latency no word is said of it. */
  @Test
  void whatIsNotMeasuredIsNotClaimed() throws Exception {
    Path out = folder.resolve("sparse.onnx");
    String[] command = {"prune", dense + "", "-o", out + "", "--budget=sparsity=0.9"};
    Ran said = run(command[0], command[1], command[2], command[3], command[4], "--no-latency");
    assertThat(said.code()).as(said.err()).isZero();
    assertThat(said.out()).contains("non-zero").doesNotContainPattern("faster|speed|×|\\bms\\b");
    Ran json =
        run(command[0], command[1], command[2], command[3], command[4], "--no-latency", "--json");
    assertThat(json.json().path("latency").isMissingNode() || json.json().get("latency").isNull())
        .isTrue();
  }

  @Test
  void noiseOfLabelsIsAShare() {
    Ran ran =
        run("train", dense, "-o", folder.resolve("out.onnx"), "--data=embedded", "--label-noise=2");
    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err()).contains("--label-noise 2.0: expected 0 or more and 1 at most");
  }

  @Test
  void anAccuracyBudgetSearchesOnSomeExamples() throws Exception {
    Path out = folder.resolve("small.onnx");
    Ran ran =
        run(
            "prune",
            dense,
            "-o",
            out,
            "--recipe=l1-filter",
            "--budget=accuracy=-90",
            "--data=embedded",
            "--evaluate-samples=100",
            "--no-latency",
            "--json");
    assertThat(ran.code()).as(ran.err()).isZero();
    assertThat(ran.json().get("channels").get("measured").size()).isBetween(1, 2);
    assertThat(ran.json().get("budget").get("note").asText()).contains("all channels");
    assertThat(run("prune", dense, "-o", out, "--recipe=l1-filter", "--evaluate-samples=0").err())
        .contains("--evaluate-samples 0: expected 1 or more");
  }

  @Test
  void zerosOfASparseNetworkStayWhereTheyAre() throws Exception {
    Path sparse = folder.resolve("sparse.onnx");
    Path small = folder.resolve("small.onnx");
    run("prune", dense, "-o", sparse, "--budget=sparsity=0.7", "--no-latency");
    Ran ran = run("prune", sparse, "-o", small, "--recipe=l1-filter", "--no-latency", "--json");
    assertThat(ran.code()).as(ran.err()).isZero();
    JsonNode after = ran.json().get("after");
    assertThat(after.get("nonzeros").asLong()).isLessThan(after.get("parameters").asLong() / 2);
    JsonNode proof = run("verify", sparse, small, "--json").json();
    assertThat(proof.get("equivalent").asBoolean()).isTrue();
    assertThat(proof.get("changed")).isEmpty();
  }

  @Test
  void aTrainingGoesOnWithTheSmallerNetwork() throws Exception {
    Path checkpoint = folder.resolve("run.checkpoint");
    Path trained = folder.resolve("trained.onnx");
    Path small = folder.resolve("small.onnx");
    Path fewer = folder.resolve("small.checkpoint");
    Path tuned = folder.resolve("tuned.onnx");
    assertThat(train(dense, trained, checkpoint, 1).code()).isZero();
    Ran ran =
        run(
            "prune",
            dense,
            "-o",
            small,
            "--recipe=l1-filter",
            "--checkpoint",
            checkpoint,
            "--checkpoint-output",
            fewer,
            "--no-latency",
            "--json");
    assertThat(ran.code()).as(ran.err()).isZero();
    // The weights are the checkpoint's, not those of the file that the training began with.
    JsonNode proof = run("verify", trained, small, "--json").json();
    assertThat(proof.get("changed")).isEmpty();
    Ran on = train(small, tuned, fewer, 1);
    assertThat(on.code()).as(on.err()).isZero();
    assertThat(Onnx.read(tuned)).isEqualTo(Onnx.read(small)); // the one epoch was over
    assertThat(train(small, tuned, fewer, 2).err()).contains("a checkpoint of another training");
    assertThat(
            run("prune", dense, "-o", small, "--recipe=l1-filter", "--checkpoint=" + fewer).err())
        .contains("--checkpoint-output");
    assertThat(run("prune", dense, "-o", small, "--checkpoint=" + fewer).err())
        .contains("--checkpoint is for methods that remove channels");
  }

  private static Ran train(Path model, Path out, Path checkpoint, int epochs) {
    return run(
        "train",
        model,
        "-o",
        out,
        "--data=embedded",
        "--epochs",
        epochs,
        "--no-latency",
        "--checkpoint",
        checkpoint,
        "--json");
  }

  @ParameterizedTest
  @ValueSource(strings = {"wanda", "sparsegpt", "woodfisher"})
  void dataThatDontFitAreNamedAndOneExampleIsEnough(String method) throws Exception {
    Path csv = folder.resolve("data.csv");
    Path small = folder.resolve("small.onnx");
    Path out = folder.resolve("out.onnx");
    Onnx.write(TinyNet.of(4, 16, 3), small);
    Object[] line = {"prune", small, "-o", out, "--recipe", method, "--data", csv, "--no-latency"};
    Files.writeString(csv, "a,b,label\n1,2,0\n3,4,1\n5,6,2\n");
    Ran ran = run(line);
    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err()).contains("data.csv: input 'x' takes [N, 4], an example is [2]");
    assertThat(out).doesNotExist();
    Files.writeString(csv, "a,b,c,d,label\n1,2,3,4,0\n");
    assertThat(run(line).code()).isZero();
    assertThat(out).exists();
  }
}
