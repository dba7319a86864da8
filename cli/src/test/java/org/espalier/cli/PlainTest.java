package org.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PlainTest {
  @Test
  void controlCharactersReachNoTerminal() {
    assertThat(Plain.text("a\u001b[31mred\u0000\nnext é"))
        .isEqualTo("a\\u001b[31mred\\u0000\nnext é");
    assertThat(Plain.cell("two\nlines")).isEqualTo("two\\nlines");
    assertThat(Plain.cell("x".repeat(100_000))).hasSize(120).endsWith("…");
  }
}
