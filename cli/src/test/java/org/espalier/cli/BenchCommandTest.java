package org.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;
import static org.espalier.cli.Ran.run;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What {@code bench} measures and says. */
class BenchCommandTest extends WithNetwork {
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
}
