package org.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.espalier.cli.Ran.run;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** An option at fault is named with what it was given, before any file is opened. */
class RangesTest {
  @TestFactory
  Stream<DynamicTest> everyNumberHasARangeAndOthersAreRefused() {
    return Main.command().getSubcommands().values().stream()
        .map(CommandLine::getCommandSpec)
        .flatMap(
            verb ->
                verb.options().stream()
                    .filter(RangesTest::isNumber)
                    .filter(option -> !option.longestName().equals("--seed"))
                    .map(
                        option ->
                            dynamicTest(
                                verb.name() + " " + option.longestName(),
                                () -> refused(verb, option))));
  }

  private static boolean isNumber(OptionSpec option) {
    Class<?> type =
        option.auxiliaryTypes().length == 0 ? option.type() : option.auxiliaryTypes()[0];
    return Number.class.isAssignableFrom(type) || (type.isPrimitive() && type != boolean.class);
  }

  private static void refused(CommandSpec verb, OptionSpec option) {
    Range range = Ranges.of(option);
    assertThat(range).as("what numbers it takes").isNotNull();
    for (String number : outside(range, option)) {
      var line = new ArrayList<Object>(List.of(verb.name()));
      verb.positionalParameters().stream()
          .filter(parameter -> parameter.required())
          .forEach(_ -> line.add("absent.onnx"));
      verb.options().stream()
          .filter(other -> other.required())
          .forEach(other -> line.add(other.longestName() + "=absent"));
      line.add(option.longestName() + "=" + number);
      Ran ran = run(line.toArray());
      assertThat(ran.code()).as(line + ran.err()).isEqualTo(2);
      assertThat(ran.out()).isEmpty();
      assertThat(ran.err())
          .as(line.toString())
          .startsWith("espalier: %s %s: expected ".formatted(option.longestName(), number))
          .hasLineCount(1);
    }
  }

  private static List<String> outside(Range range, OptionSpec option) {
    boolean real = List.of(option.auxiliaryTypes()).contains(Double.class);
    real |= option.type() == double.class || option.type() == Double.class;
    if (real) {
      var numbers = new ArrayList<>(List.of("NaN", "Infinity", "-1.0"));
      numbers.add(Double.toString(Math.max(range.above(), Math.nextDown(range.from()))));
      numbers.add(Double.toString(Math.min(range.below(), Math.nextUp(range.to()))));
      return numbers;
    }
    var numbers = new ArrayList<>(List.of("-1", Long.toString((long) range.from() - 1)));
    if (range.to() < Integer.MAX_VALUE) {
      numbers.add(Long.toString((long) range.to() + 1));
    }
    return numbers;
  }

  @Test
  void numbersInTextAreToldOfTheirOptionsToo() {
    for (String temperature : new String[] {"epochs=0", "batch=-3", "lr=NaN"}) {
      Ran ran = run("regimes", "mlpnet", "--data=embedded", "--temperature=" + temperature);
      assertThat(ran.code()).isEqualTo(2);
      assertThat(ran.err()).startsWith("espalier: --temperature " + temperature).hasLineCount(1);
    }
    for (String shape : new String[] {"x=0x3", "x=-1", "x=", "x=99999999999999999999", "x=3x"}) {
      Ran ran = run("bench", "absent.onnx", "--shapes=" + shape);
      assertThat(ran.code()).isEqualTo(2);
      assertThat(ran.err()).startsWith("espalier: --shapes").hasLineCount(1);
    }
  }

  @Test
  void whatIsExpectedIsSaid() {
    assertThat(run("bench", "absent.onnx", "--threads", "0").err())
        .isEqualToIgnoringNewLines("espalier: --threads 0: expected 1 or more and 1024 at most");
    assertThat(run("train", "absent.onnx", "-o", "out.onnx", "--momentum", "1").err())
        .isEqualToIgnoringNewLines("espalier: --momentum 1.0: expected 0 or more and less than 1");
    assertThat(run("layers", "absent.onnx", "--sparsity", "0.5,1.5").err())
        .isEqualToIgnoringNewLines("espalier: --sparsity 1.5: expected 0 or more and less than 1");
  }
}
