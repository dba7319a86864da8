package org.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.espalier.graph.Executor;
import org.espalier.graph.Model;
import org.espalier.graph.onnx.Onnx;
import org.espalier.graph.testing.TestData;
import org.espalier.prune.Skipped;
import org.espalier.prune.structured.ChannelCertificate;
import org.espalier.prune.structured.ChannelRecipe;
import org.espalier.reference.OnnxRuntime;
import org.espalier.reference.RandomInputs;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Half of the channels of every exported network: each result runs in ONNX Runtime, and {@code
 * docs/structure.md} says what is left; the property {@code write.docs} rewrites it.
 */
@Tag("slow")
class StructureDocTest {
  private static final DocPage PAGE = new DocPage("structure.md", StructureDocTest.class);

  /** Whole networks lose three quarters of what two halved axes hold; some of it is frozen. */
  private static final double KEPT = 0.35;

  @TempDir Path folder;

  private record Row(String name, boolean standard, ChannelCertificate certificate) {
    double kept() {
      return (double) certificate.after().parameters() / certificate.before().parameters();
    }

    String share() {
      return String.format(Locale.ROOT, "%.0f%%", 100 * certificate.prunableShare());
    }

    String frozen() {
      Map<String, List<String>> nodes =
          certificate.skipped().stream()
              .collect(
                  Collectors.groupingBy(
                      skipped -> skipped.reason().replaceFirst("^\\S+\\[\\d+\\]: ", ""),
                      LinkedHashMap::new,
                      Collectors.mapping(Skipped::node, Collectors.toList())));
      nodes.keySet().removeIf(Row::isOrdinary);
      return nodes.entrySet().stream()
          .map(
              reason ->
                  "%s%s"
                      .formatted(
                          reason.getKey(),
                          reason.getValue().size() == 1
                              ? ""
                              : " (" + reason.getValue().size() + ")"))
          .collect(Collectors.joining("; "));
    }

    /** What holds for every network needs no line of its own. */
    private static boolean isOrdinary(String reason) {
      return reason.equals("an input of the model") || reason.equals("an output of the model");
    }
  }

  @Test
  void everyNetworkWithHalfOfItsChannelsRuns() throws IOException {
    List<Row> rows = new ArrayList<>();
    try (Stream<Path> networks = Files.list(TestData.of("exported"))) {
      for (Path network : networks.sorted().toList()) {
        rows.add(row(network));
      }
    }
    double kept =
        rows.stream().filter(Row::standard).mapToDouble(Row::kept).average().orElseThrow();
    PAGE.write(page(rows, kept));
    assertThat(kept).isLessThanOrEqualTo(KEPT);
    String written = Files.readString(PAGE.file());
    for (Row row : rows) {
      assertThat(written).as(PAGE.stale()).contains("| %s | %s".formatted(row.name(), row.share()));
    }
  }

  private Row row(Path network) {
    Model model = Onnx.read(network.resolve("model.onnx"));
    var outcome = ChannelRecipe.named("l1-filter").apply(model);
    Path file = folder.resolve("pruned.onnx");
    Onnx.write(outcome.model(), file);
    try (Executor executor = OnnxRuntime.open(file)) {
      executor.run(RandomInputs.takenBy(executor, outcome.model(), 1, 1));
    }
    boolean standard = model.graph().nodes().stream().allMatch(node -> node.isStandard());
    return new Row(network.getFileName().toString(), standard, outcome.certificate());
  }

  private static String page(List<Row> rows, double kept) {
    var page = new StringBuilder();
    page.append("# What can be made smaller\n\n");
    page.append("Networks as exporters write them, half of every group's channels removed:\n\n");
    page.append("```\nespalier prune model.onnx -o small.onnx --recipe l1-filter");
    page.append(" --budget channels=0.5\n```\n\n");
    page.append("*Prunable* is the share of the parameters along which channels may go, *kept*");
    page.append(" the share of them that is left. Inputs and outputs of a model stay as they are;");
    page.append(" what else stays, and why, is said. Every result runs in ONNX Runtime. The page");
    page.append(" is made by a test, which fails when it is stale.\n\n");
    page.append(
        String.format(
            Locale.ROOT,
            "On average over the %d networks of ONNX's own operators, %.3f of the parameters are"
                + " kept.%n%n",
            rows.stream().filter(Row::standard).count(),
            kept));
    page.append("| network | prunable | kept | what else stays |\n| --- | --- | --- | --- |\n");
    for (Row row : rows) {
      page.append(
          String.format(
              Locale.ROOT,
              "| %s | %s | %.3f | %s |%n",
              row.name(),
              row.share(),
              row.kept(),
              row.frozen()));
    }
    return page.toString();
  }
}
