package org.espalier.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessorsTest {
  @TempDir Path folder;

  @Test
  void twoThreadsOfACoreCountOnce() throws IOException {
    for (int k = 0; k < 8; k++) {
      siblings(k, k % 4 + "," + (k % 4 + 4));
    }
    assertThat(Processors.physical(folder, status("0-7"), 8)).isEqualTo(4);
    assertThat(Processors.physical(folder, status("0-2,4"), 4)).isEqualTo(3);
    assertThat(Processors.physical(folder, status("0-7"), 2)).as("a quota").isEqualTo(2);
  }

  @Test
  void aSystemThatDoesNotTellHasAsManyCoresAsProcessors() throws IOException {
    assertThat(Processors.physical(folder, status("0-7"), 6)).isEqualTo(6);
    assertThat(Processors.physical(folder, folder.resolve("none"), 6)).isEqualTo(6);
    assertThat(Processors.physical(folder, status("odd"), 6)).isEqualTo(6);
    assertThat(Processors.physical()).isBetween(1, Runtime.getRuntime().availableProcessors());
  }

  private void siblings(int processor, String list) throws IOException {
    Path topology = Files.createDirectories(folder.resolve("cpu" + processor + "/topology"));
    Files.writeString(topology.resolve("thread_siblings_list"), list + "\n");
  }

  private Path status(String list) throws IOException {
    return Files.writeString(
        folder.resolve("status"), "Name:\tjava\nCpus_allowed_list:\t" + list + "\n");
  }
}
