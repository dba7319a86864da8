package org.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.espalier.cli.Ran.run;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What {@code compare} runs, writes and refuses. */
class CompareCommandTest extends WithNetwork {
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
    assertThat(never.err()).contains("--baseline-epochs 0: expected 1 or more");
  }
}
