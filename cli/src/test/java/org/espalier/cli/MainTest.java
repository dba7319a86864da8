package org.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Arrays;
import org.espalier.prune.About;
import org.espalier.prune.Method;
import org.espalier.prune.Methods;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class MainTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... args) {
    return Main.run(new PrintWriter(out), new PrintWriter(err), args);
  }

  @Test
  void methodsAsJsonIsOneValue() throws Exception {
    assertThat(run("methods", "--json")).isZero();
    assertThat(Json.MAPPER.readTree(out.toString()))
        .extracting(method -> method.get("name").asText())
        .contains("magnitude", "gradual-magnitude");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void everyMethodIsExplained() {
    for (Method method : Methods.all()) {
      out.getBuffer().setLength(0);
      About about = method.about();
      assertThat(run("methods", about.name())).isZero();
      assertThat(out.toString())
          .as(about.name())
          .contains(about.title(), about.idea())
          .containsPattern("paper +\\p{L}.+, (19|20)\\d\\d \\S")
          .containsPattern("patterns +\\w")
          .containsPattern("needs +\\w")
          .containsPattern("cost +\\w")
          .containsPattern("use +espalier (prune|train) .*--recipe " + about.name() + "\\b");
      assertThat(about.idea()).as("what it does, and when to use it").hasSizeGreaterThan(80);
    }
  }

  @Test
  void anExplanationSaysWhetherWhatStaysIsChanged() {
    assertThat(run("methods", "thinet")).isZero();
    assertThat(out.toString()).contains("mends     changes weights that stay");
    out.getBuffer().setLength(0);
    assertThat(run("methods", "l1-filter")).isZero();
    assertThat(out.toString()).doesNotContain("mends");
  }

  @Test
  void badInputIsOneLineAndTwo() {
    assertThat(run("methods", "magnitud")).isEqualTo(2);
    assertThat(err.toString())
        .isEqualTo(
            "espalier: no method 'magnitud'; nearest: magnitude ('espalier methods' lists all)"
                + System.lineSeparator());
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void badUsageIsTwo() {
    assertThat(run("prune-everything")).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          train net.onnx -o x.onnx --allocation erk | --allocation needs --recipe
          train net.onnx -o x.onnx --teacher-weight 3 | --teacher-weight needs --teacher
          compare net.onnx --baseline-epochs 2 | --baseline-epochs needs --baseline
          bench net.onnx --streams 2 | --streams needs --scenario streams
          inspect net.onnx --plan-cache | --plan-cache needs --plan
          check net.onnx --executor foo | expected one of engine, torch, onnxruntime but was 'foo'
          """)
  void anOptionThatWouldBeIgnoredIsTwo(String words, String message) {
    assertThat(run(words.split(" "))).isEqualTo(2);
    assertThat(err.toString()).contains(message).hasLineCount(1);
  }

  /** A line of an example that the help breaks can't be copied. */
  @Test
  void examplesAreNotBroken() {
    var commands = new ArrayList<CommandLine>(Main.command().getSubcommands().values());
    commands.add(Main.command());
    for (CommandLine verb : commands) {
      assertThat(verb.getUsageMessage(CommandLine.Help.Ansi.OFF).lines().toList())
          .as(verb.getCommandName())
          .containsAll(
              Arrays.stream(verb.getCommandSpec().usageMessage().footer())
                  .filter(text -> text.startsWith("  "))
                  .map(String::formatted)
                  .toList());
    }
  }

  @Test
  void completionIsAScript() {
    assertThat(run("generate-completion")).isZero();
    assertThat(out.toString()).contains("complete").contains("espalier");
  }
}
