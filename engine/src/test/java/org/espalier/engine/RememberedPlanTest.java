package org.espalier.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.espalier.engine.plan.Choice;
import org.espalier.graph.Model;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.zoo.Zoo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RememberedPlanTest {
  private final SeededRandom random = SeededRandom.fresh();

  @TempDir Path folder;

  @Test
  void aPlanIsMeasuredOnce() throws IOException {
    Model model = Sparsified.of(Zoo.build("resnet20", 1), 0.8, random);
    Path file = folder.resolve("net.plan");
    Options options = new Options(1).withPlanCache(file);
    List<Choice> first = plan(model, options);
    for (int k = 0; k < 20 && !Files.exists(file); k++) {
      first = plan(model, options); // on a busy machine, once the JIT compiler has done its work
    }
    assertThat(file).exists();
    List<Choice> second = plan(model, options);
    List<String> measured = Files.readAllLines(file);
    assertThat(second)
        .filteredOn(choice -> choice.reason().startsWith("measured"))
        .isNotEmpty()
        .allSatisfy(choice -> assertThat(measured).anyMatch(l -> l.endsWith(choice.reason())));
    assertThat(second).hasSameSizeAs(first);
    assertThat(plan(model, options).stream().map(Choice::kernel).toList())
        .isEqualTo(second.stream().map(Choice::kernel).toList());
  }

  private static List<Choice> plan(Model model, Options options) {
    try (Session session = Engine.compile(model, options)) {
      return session.plan();
    }
  }
}
