package org.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.espalier.cli.Ran.run;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A folder with a small network in it. */
abstract class WithNetwork {
  @TempDir Path folder;
  Path dense;

  @BeforeEach
  void network() {
    dense = folder.resolve("dense.onnx");
    assertThat(run("zoo", "mlpnet", "-o", dense).code()).isZero();
  }
}
