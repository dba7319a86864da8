package org.espalier.study.arena;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.onnx.Onnx;
import org.espalier.graph.zoo.Zoo;
import org.espalier.prune.About;
import org.espalier.prune.Count;
import org.espalier.prune.Method;
import org.espalier.prune.Methods;
import org.espalier.prune.Solution;
import org.espalier.prune.Task;
import org.espalier.prune.WeightMethod;
import org.espalier.study.report.Progress;
import org.espalier.train.data.Datasets;
import org.espalier.train.data.Splits;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RoundsTest {
  private static final Model NETWORK = Zoo.build("mlpnet", 3);

  private static Splits data;

  @TempDir Path folder;
  private Path model;

  @BeforeAll
  static void examples() throws IOException {
    Splits all = Datasets.open(Datasets.EMBEDDED);
    data =
        new Splits(
            "embedded",
            Optional.of(all.train().slice(0, 400)),
            Optional.of(all.test().slice(0, 101)));
  }

  @BeforeEach
  void file() {
    model = folder.resolve("net.onnx");
    Onnx.write(NETWORK, model);
  }

  private Arena run(Contest contest, String report, int parallel, boolean collect)
      throws IOException {
    return Arena.run(
        model,
        data,
        contest,
        folder.resolve(report),
        new Arena.Options(false, collect, parallel, "1.0", Progress.NONE));
  }

  @Test
  void howManyRunSideBySideChangesNothing() throws IOException {
    Contest contest =
        Contest.of(
                List.of("wanda", "sparsegpt", "obd", "taylor", "ecoflap", "dsnot"),
                Budgets.parse("sparsity=0.5,0.9"),
                2)
            .observedOn(40, 20);
    Arena alone = run(contest, "alone.html", 1, false);
    Arena together = run(contest, "together.html", 4, false);
    assertThat(alone.rows()).hasSize(7 * 2 * 2).noneMatch(Row::failed);
    assertThat(together.rows())
        .usingRecursiveComparison()
        .ignoringFields("seconds", "loss")
        .isEqualTo(alone.rows());
    for (int k = 0; k < alone.rows().size(); k++) {
      // Sums in another order, in float32: of a bad network's losses, which are large.
      double loss = alone.rows().get(k).loss();
      assertThat(together.rows().get(k).loss()).isCloseTo(loss, within(1e-5 * (1 + loss)));
    }
    assertThat(Files.readAllLines(folder.resolve("together.jsonl"))).hasSameSizeAs(together.rows());
  }

  /** Prunes when two of it are at work. */
  private record Meeting(String name, CountDownLatch both) implements WeightMethod {
    @Override
    public About about() {
      return About.of(name, "", "").paper("", 2026, "").patterns("unstructured");
    }

    @Override
    public Map<String, Solution> prune(Task task) {
      both.countDown();
      try {
        if (!both.await(10, TimeUnit.MINUTES)) {
          throw new IllegalStateException("nobody else came");
        }
      } catch (InterruptedException stopped) {
        throw new IllegalStateException(stopped);
      }
      return ((WeightMethod) Methods.named("magnitude")).prune(task);
    }
  }

  @Test
  void prunersReallyRunSideBySide() throws IOException {
    Contest contest = Contest.of(List.of("random"), Budgets.parse("sparsity=0.5"), 1);
    var methods = new ArrayList<Method>(contest.methods());
    var both = new CountDownLatch(2);
    methods.add(new Meeting("one", both));
    methods.add(new Meeting("other", both));
    Contest meeting =
        new Contest(
            methods, contest.budgets(), 1, contest.pattern(), null, contest.dense(), 16, 16, 0);
    assertThat(run(meeting, "report.html", 2, false).rows()).noneMatch(Row::failed);
  }

  @Test
  void whatIsCollectedIsWhatIsThere() throws IOException {
    Contest contest = Contest.of(List.of("magnitude"), Budgets.parse("sparsity=0.5"), 2);
    Arena whole = run(contest, "report.html", 1, false);
    Path results = folder.resolve("report.jsonl");
    List<String> lines = Files.readAllLines(results);
    Files.write(results, lines.subList(0, 3));
    Arena some = run(contest, "report.html", 1, true);
    assertThat(some.reused()).isEqualTo(3);
    assertThat(some.rows().subList(0, 3)).isEqualTo(whole.rows().subList(0, 3));
    assertThat(ArenaTable.failures(some)).isEmpty();
    assertThat(ArenaTable.missing(some)).containsExactly("magnitude (1 of 2)");
    assertThat(ArenaPage.of(some, "")).contains("Not run yet: magnitude (1 of 2).");
    assertThat(Files.readAllLines(results)).isEqualTo(lines.subList(0, 3));
    assertThatThrownBy(() -> run(contest, "other.html", 1, true))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("no result of this comparison yet");
  }

  @Test
  void aSmallerDenseNetworkHasAsManyParametersAndLearns() throws IOException {
    Contest contest =
        Contest.of(List.of("random"), Budgets.parse("sparsity=0.5,0.9"), 1).withSmallerDense(20);
    Arena arena = run(contest, "report.html", 2, false);
    List<Row> smaller =
        arena.rows().stream().filter(row -> row.method().equals("smaller-dense")).toList();
    List<Row> random = arena.rows().stream().filter(row -> row.method().equals("random")).toList();
    assertThat(smaller).hasSize(2).noneMatch(Row::failed);
    for (int k = 0; k < 2; k++) {
      assertThat(smaller.get(k).density()).isCloseTo(random.get(k).density(), within(0.02));
    }
    assertThat(smaller.getFirst().accuracy()).isGreaterThan(40);
    Arena shorter =
        run(
            Contest.of(List.of("random"), Budgets.parse("sparsity=0.5,0.9"), 1).withSmallerDense(1),
            "report.html",
            2,
            false);
    assertThat(shorter.reused()).as("another training is another baseline").isEqualTo(2);
  }

  @Test
  void roomIsMadeOfCoresAndMemory() {
    var small = new Count(100_000, 100_000);
    var large = new Count(100_000_000, 100_000_000);
    long gigabyte = 1L << 30;
    assertThat(Room.of(0, small, 8, 4 * gigabyte)).isEqualTo(new Room(8, 1));
    assertThat(Room.of(0, small, 8, gigabyte)).isEqualTo(new Room(3, 2));
    assertThat(Room.of(0, large, 8, 4 * gigabyte)).isEqualTo(new Room(1, 8));
    assertThat(Room.of(3, large, 8, gigabyte)).isEqualTo(new Room(3, 2));
    assertThat(Room.of(5, small, 2, gigabyte)).isEqualTo(new Room(5, 1));
  }

  @Test
  void answersThatChangedAreCountedAndTheFirstAreKept() {
    int[] labels = {0, 1, 2, 0, 1};
    int[] dense = {0, 1, 0, 1, 2};
    int[] pruned = {0, 2, 2, 2, 2};
    assertThat(Changes.of(labels, dense, pruned)).isEqualTo(new Changes(1, 1, Map.of(1, 2, 2, 2)));
    int[] zeros = new int[100];
    int[] ones = new int[100];
    Arrays.fill(ones, 1);
    Changes all = Changes.of(zeros, zeros, ones);
    assertThat(all.lost()).isEqualTo(100);
    assertThat(all.answers()).hasSize(Changes.SHOWN).containsKey(0).containsValue(1);
  }

  @Test
  void examplesAreTakenFromAllOfTheTestPart() {
    int[] labels = Answers.labels(data.test());
    int[] sorted =
        IntStream.range(0, labels.length)
            .boxed()
            .sorted(Comparator.comparing(k -> labels[k]))
            .mapToInt(k -> k)
            .toArray();
    Contest contest = Contest.of(List.of("random"), Budgets.parse("sparsity=0.9"), 1).judgedOn(50);
    int[] judged = Answers.labels(Arena.judgedOn(data.test().subset(sorted), contest));
    assertThat(judged).hasSize(50).isSorted();
    assertThat(IntStream.of(judged).distinct().count())
        .isEqualTo(IntStream.of(labels).distinct().count());
  }

  @Test
  void aSectionTakesThePlaceOfTheOneOnTheSameNetwork() {
    String first = ArenaPage.placed("## a.onnx\n\nold\n", "# Title\n\nWords.\n");
    assertThat(first).isEqualTo("# Title\n\nWords.\n\n## a.onnx\n\nold\n");
    String second = ArenaPage.placed("## b.onnx\n\nother\n", first);
    assertThat(second).isEqualTo(first + "\n## b.onnx\n\nother\n");
    assertThat(ArenaPage.placed("## a.onnx\n\nnew\n", second))
        .isEqualTo("# Title\n\nWords.\n\n## a.onnx\n\nnew\n\n## b.onnx\n\nother\n");
    assertThat(ArenaPage.placed("## b.onnx\n\nnew\n", second))
        .isEqualTo(second.replace("other", "new"));
  }
}
