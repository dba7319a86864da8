package org.espalier.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.espalier.graph.InvalidInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BudgetTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "sparsity=0.9",
        "params=0.5x",
        "params=1234",
        "channels=0.5",
        "macs=0.6x",
        "latency=0.6x",
        "latency=12.5ms",
        "bytes=0.25x",
        "accuracy=-0.5"
      })
  void whatIsPrintedIsWhatWasRead(String text) {
    assertThat(Budget.parse(text)).hasToString(text);
  }

  @ParameterizedTest
  @CsvSource({
    "bytes=10MB,10000000",
    "bytes=1KiB,1024",
    "bytes=1.5kB,1500",
    "macs=2G,2000000000",
    "macs=3e6,3000000",
    "latency=2s,2000"
  })
  void unitsAreUnderstood(String text, double amount) {
    assertThat(((Budget.Cost) Budget.parse(text)).amount()).isEqualTo(amount);
  }

  @ParameterizedTest
  @ValueSource(strings = {"bytes=10ms", "latency=12", "macs=10MB", "bytes=ten", "latency=12parsec"})
  void aWrongUnitIsNoNumber(String text) {
    assertThatThrownBy(() -> Budget.parse(text))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("is no number");
  }

  @Test
  void rangesAreSaid() {
    assertThatThrownBy(() -> Budget.parse("channels=1"))
        .hasMessage("budget channels=1.0: expected a share of channels, from 0 up to but not 1");
    assertThatThrownBy(() -> Budget.parse("macs=1.5x"))
        .hasMessage("budget macs=1.5x: expected a share of the original's, above 0 and at most 1x");
    assertThatThrownBy(() -> Budget.parse("accuracy=0.5"))
        .hasMessage("budget accuracy=0.5: expected the points that may be lost, such as -0.5");
  }

  @Test
  void zerosMeetNoBudgetOfChannels() {
    assertThatThrownBy(
            () -> Recipe.named("magnitude").budget(Budget.parse("macs=0.5x")).apply(Nets.mixed(1)))
        .hasMessageContaining("methods that remove channels, such as l1-filter, take this one");
  }
}
