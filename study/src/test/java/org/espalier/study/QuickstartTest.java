package org.espalier.study;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.espalier.study.report.Progress;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The promise of the README's first command, about a minute long. */
@Tag("slow")
class QuickstartTest {
  @Test
  void theWholePathKeepsItsPromise(@TempDir Path folder) throws Exception {
    Quickstart run =
        Quickstart.run(
            "embedded", folder, 1, Runtime.getRuntime().availableProcessors(), Progress.NONE);
    assertThat(run.accuracy().dense()).isGreaterThan(98);
    assertThat(run.accuracy().pruned()).isGreaterThan(run.accuracy().dense() - 1);
    assertThat(run.sparsity()).isEqualTo(0.9);
    assertThat(run.bytes().pruned()).isLessThan(run.bytes().dense() / 3);
    assertThat(run.verification().equivalent()).isTrue();
    assertThat(run.speedup()).isPositive();
    assertThat(run.report()).exists();
  }
}
