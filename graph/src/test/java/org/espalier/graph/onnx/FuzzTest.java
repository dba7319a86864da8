package org.espalier.graph.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.testing.CpuTime;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Damaged files are refused or read; nothing else ever happens. */
class FuzzTest {
  private static final int TRIALS = 20_000;

  /** A field, so that the logger and its level stay alive; damage makes many odd versions. */
  private static final Logger LOG = Logger.getLogger("org.espalier.graph.onnx");

  @BeforeAll
  static void beQuiet() {
    LOG.setLevel(Level.OFF);
  }

  @AfterAll
  static void speakAgain() {
    LOG.setLevel(null);
  }

  @Test
  void damagedModelsGiveAnErrorOrAModel() throws IOException {
    var random = SeededRandom.fresh();
    List<byte[]> seeds = seeds(random);
    int read = 0;
    int refused = 0;
    for (int trial = 0; trial < TRIALS; trial++) {
      byte[] damaged = damage(seeds.get(random.nextInt(seeds.size())), random);
      Duration before = CpuTime.used();
      try {
        Model model = Onnx.parse(damaged);
        // What can be read can be written, and says the same again.
        assertThat(Onnx.parse(Onnx.toBytes(model))).isEqualTo(model);
        read++;
      } catch (InvalidInputException e) {
        assertThat(e).hasMessageStartingWith("model: ");
        refused++;
      }
      assertThat(CpuTime.used().minus(before)).isLessThan(Duration.ofSeconds(2));
    }
    System.out.println(read + " damaged models read, " + refused + " refused");
    assertThat(read).isPositive();
    assertThat(refused).isPositive();
  }

  @Test
  void damagedTensorsGiveAnErrorOrATensor() throws IOException {
    var random = SeededRandom.fresh();
    List<Path> files = CorpusTest.files("onnx-backend/node", ".pb");
    for (int trial = 0; trial < 5_000; trial++) {
      byte[] seed = Files.readAllBytes(files.get(random.nextInt(files.size())));
      try {
        Onnx.readTensor(damage(seed, random));
      } catch (InvalidInputException e) {
        assertThat(e).hasMessageStartingWith("tensor: ");
      }
    }
  }

  private static List<byte[]> seeds(SeededRandom random) throws IOException {
    var seeds = new ArrayList<byte[]>();
    List<Path> files = CorpusTest.files("onnx-backend/node", ".onnx");
    for (int k = 0; k < 40; k++) {
      seeds.add(Files.readAllBytes(files.get(random.nextInt(files.size()))));
    }
    for (Path file : CorpusTest.files("exported", ".onnx")) {
      if (Files.size(file) < 100_000) {
        seeds.add(Onnx.toBytes(Onnx.read(file)));
      }
    }
    return seeds;
  }

  private static byte[] damage(byte[] seed, SeededRandom random) {
    byte[] bytes = seed.clone();
    for (int edits = 1 + random.nextInt(3); edits > 0 && bytes.length > 0; edits--) {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(6)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bytes[at] = (byte) random.nextInt();
        case 2 -> bytes[at] = (byte) 0xff;
        case 3 -> bytes = Arrays.copyOf(bytes, at);
        case 4 -> { // a stretch goes, what follows moves up
          int length = Math.min(1 + random.nextInt(16), bytes.length - at);
          System.arraycopy(bytes, at + length, bytes, at, bytes.length - at - length);
          bytes = Arrays.copyOf(bytes, bytes.length - length);
        }
        default -> { // a stretch is overwritten by another one
          int from = random.nextInt(bytes.length);
          int length = Math.min(1 + random.nextInt(64), bytes.length - Math.max(at, from));
          System.arraycopy(bytes, from, bytes, at, length);
        }
      }
    }
    return bytes;
  }
}
