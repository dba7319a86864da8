package org.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.espalier.cli.Ran.run;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;

/** What {@code inspect} shows. */
class InspectCommandTest extends WithNetwork {
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
}
