package org.espalier.study.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.espalier.study.report.Progress;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PerformanceTest {
  private static final String LAYERS =
      """
      {"layers": [{"layer": "a", "sizes": "", "count": 2, "macs": 1, "onnxruntimeMs": 1,
        "onnxruntimeInnerMs": 1, "onnxruntimeGflops": 1, "cells": [{"pattern": "4x1",
        "sparsity": 0.9, "ms": 1, "ratio": 2, "innerMs": 1, "innerRatio": 8,
        "gflops": {"useful": 1, "effective": 1}, "kernel": "sparse"}]}]}
      """;

  @TempDir Path folder;
  private final List<List<String>> commands = new ArrayList<>();

  @BeforeEach
  void models() throws IOException {
    for (String network : Goals.NETWORKS) {
      Files.createFile(folder.resolve(network + ".onnx"));
      for (String variant : Goals.VARIANTS) {
        Files.createFile(folder.resolve(network + "-" + variant + ".onnx"));
      }
    }
  }

  private Performance measured(String only) throws IOException {
    var request = new Performance.Request(folder, folder.resolve("r"), List.of(1, 2), 1, 3, only);
    return Performance.of(request, this::answer, Progress.NONE);
  }

  private static String bench(double ms, double ratio) {
    return """
    {"engine": {"medianMs": %s}, "onnxruntime": {"medianMs": 90},
     "ratios": {"median": %s, "least": 2.9, "most": 3.6},
     "gflops": {"useful": 20.5, "effective": 205}, "compileSeconds": {"engine": 2.5},
     "machine": {"cpu": "a CPU", "cores": 2, "java": "25", "onnxruntime": "1.29"}}
    """
        .formatted(ms, ratio);
  }

  private JsonNode answer(List<String> words) throws IOException {
    commands.add(words);
    if (words.getFirst().equals("memory")) {
      return new ObjectMapper().readTree("{\"peakBytes\": 250000000}");
    }
    boolean two = words.indexOf("2") >= 0;
    String json = words.getFirst().equals("layers") ? LAYERS : bench(two ? 15 : 30, two ? 2 : 3.3);
    if (words.get(1).endsWith("bert-80-1x1.onnx")) {
      throw new IOException("no memory");
    }
    return new ObjectMapper().readTree(json);
  }

  @Test
  void everyCellIsMeasuredOnceAndKept() throws IOException {
    Performance performance = measured("");
    assertThat(performance.rows()).hasSize(2 * (4 * 5 + 3) - 2);
    assertThat(performance.failed()).hasSize(2).allMatch(line -> line.endsWith("no memory"));
    assertThat(performance.layers().getFirst().layers()).isEqualTo(6);
    int asked = commands.size();
    measured("");
    assertThat(commands).hasSize(asked + 2); // only what failed is tried again
    assertThat(commands.getFirst())
        .contains("bench", "--dense", "--against", "dense", "--batch", "1")
        .contains(folder.resolve("resnet50-80-1x1.onnx").toString());
  }

  @Test
  void thePageSaysWhatIsReached() throws IOException {
    String page =
        """
        # Performance
        <!-- measured: machine -->
        <!-- end -->
        <!-- measured: threads 1, batch 1 -->
        old
        <!-- end -->
        Words in between.
        <!-- measured: scaling -->
        <!-- end -->
        <!-- measured: layers -->
        <!-- end -->
        <!-- measured: memory -->
        <!-- end -->
        """;
    String changed = measured("resnet50").into(page);
    assertThat(changed)
        .contains("a CPU, 2 cores, Java 25, ONNX Runtime 1.29.")
        .contains("| one thread | unstructured 80% |")
        .contains("**3.30x**, goal 3.2x (1.2x)")
        .contains("| 3.30x, goal 4.5x (1.5x) |")
        .contains("Words in between.")
        .contains("| ResNet-50 | dense | 1 | 2.00x | 1.00x |")
        .contains("| 4x1 | 90% | 8.00x | 2.00x | 7.5x, reached |")
        .contains("| ResNet-50 | unstructured 90% | 250 | 250 |")
        .doesNotContain("old")
        .doesNotContain("BERT");
    assertThat(measured("resnet50").into(changed)).isEqualTo(changed);
  }
}
