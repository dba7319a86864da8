package org.espalier.engine.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlanCacheTest {
  private static final PlanCache.Entry ENTRY = new PlanCache.Entry("sparse", 12.5, "measured: 1");

  @TempDir Path folder;

  @Test
  void whatIsSavedIsRemembered() {
    Path file = folder.resolve("a.plan");
    PlanCache cache = PlanCache.in(file);
    assertThat(cache.remembered("k")).isEmpty();
    cache.remember("k", ENTRY);
    assertThat(cache.remembered("k")).as("at once").contains(ENTRY);
    assertThat(file).doesNotExist();
    cache.save();
    assertThat(PlanCache.in(file).remembered("k")).contains(ENTRY);
    assertThat(PlanCache.in(file).remembered("l")).isEmpty();
  }

  @Test
  void nothingNewWritesNothing() {
    Path file = folder.resolve("a.plan");
    PlanCache.in(file).save();
    assertThat(file).doesNotExist();
    PlanCache none = PlanCache.none();
    none.remember("k", ENTRY);
    none.save();
    assertThat(none.remembered("k")).contains(ENTRY);
  }

  @Test
  void besideTheModelOrElsewhere() {
    Path model = folder.resolve("net.onnx");
    PlanCache cache = PlanCache.beside(model);
    cache.remember("k", ENTRY);
    cache.save();
    assertThat(folder.resolve("net.onnx.espalier-plan")).exists();
    assertThat(PlanCache.beside(model).remembered("k")).contains(ENTRY);
    PlanCache impossible = PlanCache.in(folder.resolve("no/such/folder/net.plan"));
    impossible.remember("k", ENTRY);
    impossible.save(); // says so in the log, and goes on
    assertThat(impossible.remembered("k")).contains(ENTRY);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "espalier plan 1\nk\tsparse",
        "espalier plan 1\nk\tsparse\tfast\treason",
        "espalier plan 1\nk\tsparse\tNaN\treason",
        "espalier plan 1\nk\tsparse\t-1\treason",
        "espalier plan 1\nk\tsparse\t1\treason\tmore",
        "espalier plan 0\nk\tsparse\t1\treason",
        "espalier plan 1\n\u0000\u0001\u0002",
        ""
      })
  void aDamagedFileIsIgnoredAndReplaced(String text) throws IOException {
    Path file = Files.writeString(folder.resolve("a.plan"), text);
    PlanCache cache = PlanCache.in(file);
    assertThat(cache.remembered("k")).isEmpty();
    cache.remember("l", ENTRY);
    cache.save();
    assertThat(PlanCache.in(file).remembered("l")).contains(ENTRY);
  }

  @Test
  void someoneElsesFileIsLeftAlone() throws IOException {
    byte[] bytes = {(byte) 0xff, (byte) 0xfe, 0, 1, 2, 3};
    Path file = Files.write(folder.resolve("a.plan"), bytes);
    PlanCache cache = PlanCache.in(file);
    cache.remember("k", ENTRY);
    cache.save();
    assertThat(file).hasBinaryContent(bytes);
  }

  @Test
  void whatOthersAddedMeanwhileIsKept() throws Exception {
    Path file = folder.resolve("a.plan");
    try (var pool = Executors.newFixedThreadPool(4)) {
      for (int k = 0; k < 8; k++) {
        PlanCache mine = PlanCache.in(file);
        PlanCache other = PlanCache.in(file);
        mine.remember("mine " + k, ENTRY);
        other.remember("other " + k, ENTRY);
        mine.save();
        other.save();
      }
      PlanCache all = PlanCache.in(file);
      for (int k = 0; k < 8; k++) {
        assertThat(all.remembered("mine " + k)).contains(ENTRY);
        assertThat(all.remembered("other " + k)).contains(ENTRY);
      }
      // At the very same time one may lose, but the file is whole.
      var saving = new ArrayList<Future<?>>();
      for (int k = 0; k < 40; k++) {
        String key = "at once " + k;
        saving.add(
            pool.submit(
                () -> {
                  PlanCache cache = PlanCache.in(file);
                  assertThat(cache.remembered("mine 0")).contains(ENTRY);
                  cache.remember(key, ENTRY);
                  cache.save();
                }));
      }
      for (Future<?> save : saving) {
        save.get();
      }
    }
    assertThat(PlanCache.in(file).remembered("other 7")).contains(ENTRY);
    try (var files = Files.list(folder)) {
      assertThat(files).as("no temporary file stays").hasSize(1);
    }
  }

  @Test
  void theFileDoesNotGrowForever() throws IOException {
    Path file = folder.resolve("a.plan");
    PlanCache cache = PlanCache.in(file);
    for (int k = 0; k < 5000; k++) {
      cache.remember("key " + k, ENTRY);
    }
    cache.save();
    PlanCache again = PlanCache.in(file);
    assertThat(again.remembered("key 4999")).isPresent();
    assertThat(again.remembered("key 0")).isEmpty();
    assertThat(Files.readAllLines(file)).hasSize(4097);
  }
}
