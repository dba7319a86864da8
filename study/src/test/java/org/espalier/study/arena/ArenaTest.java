package org.espalier.study.arena;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.onnx.Onnx;
import org.espalier.graph.zoo.Zoo;
import org.espalier.prune.About;
import org.espalier.prune.Budget;
import org.espalier.prune.Method;
import org.espalier.prune.Methods;
import org.espalier.prune.Pattern;
import org.espalier.prune.Solution;
import org.espalier.prune.Task;
import org.espalier.prune.WeightMethod;
import org.espalier.prune.evidence.Need;
import org.espalier.study.report.Progress;
import org.espalier.study.results.Results;
import org.espalier.train.Trained;
import org.espalier.train.Trainer;
import org.espalier.train.TrainingOptions;
import org.espalier.train.TrainingProgress;
import org.espalier.train.data.Datasets;
import org.espalier.train.data.Splits;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArenaTest {
  private static Splits data;
  private static Model trained;

  @TempDir Path folder;
  private Path model;
  private Path report;

  /** Counts how often a method is asked to prune, or fails instead. */
  private static final class Counting implements WeightMethod {
    private final WeightMethod counted = (WeightMethod) Methods.named("magnitude");
    private final boolean fails;
    private final AtomicInteger prunings = new AtomicInteger();

    Counting(boolean fails) {
      this.fails = fails;
    }

    @Override
    public About about() {
      return About.of(fails ? "failing" : "counting", "", "")
          .paper("", 2026, "")
          .patterns("unstructured");
    }

    @Override
    public Set<Need> needs() {
      return Set.of(Need.INPUTS);
    }

    @Override
    public Map<String, Solution> prune(Task task) {
      prunings.incrementAndGet();
      if (fails) {
        throw new IllegalStateException("as it always does");
      }
      return counted.prune(task);
    }
  }

  @BeforeAll
  static void network() throws IOException {
    Splits all = Datasets.open(Datasets.EMBEDDED);
    data =
        new Splits(
            "embedded",
            Optional.of(all.train().slice(0, 2000)),
            Optional.of(all.test().slice(0, 300)));
    Trained run =
        new Trainer(Zoo.build("mlpnet", 1), TrainingOptions.usual(2))
            .train(data.train(), Optional.empty(), TrainingProgress.SILENT);
    trained = run.model();
  }

  @BeforeEach
  void files() {
    model = folder.resolve("net.onnx");
    report = folder.resolve("report.html");
    Onnx.write(trained, model);
  }

  private Arena run(Contest contest) throws IOException {
    return Arena.run(model, data, contest, report, Arena.Options.usual("1.0", Progress.NONE));
  }

  private static Contest with(Contest contest, Method... more) {
    var methods = new ArrayList<>(contest.methods());
    methods.addAll(List.of(more));
    return new Contest(
        methods,
        contest.budgets(),
        contest.seeds(),
        contest.pattern(),
        null,
        Set.of(),
        contest.samples(),
        contest.batch(),
        0);
  }

  @Test
  void everyMethodMeetsEveryBudgetWithEverySeed() throws IOException {
    Contest contest =
        Contest.of(List.of("magnitude", "wanda"), Budgets.parse("sparsity=0.3,0.95"), 2)
            .observedOn(40, 20);
    Arena arena = run(contest);
    assertThat(arena.rows()).hasSize(3 * 2 * 2).noneMatch(Row::failed);
    assertThat(arena.rows()).extracting(Row::method).contains("random");
    assertThat(arena.rows())
        .allSatisfy(
            row -> {
              double asked = row.budget().equals("sparsity=0.3") ? 0.3 : 0.95;
              double reached = Double.parseDouble(row.reached().replace("sparsity=", ""));
              assertThat(reached).isCloseTo(asked, within(1e-4));
              assertThat(row.accuracy()).isBetween(0.0, 100.0);
              assertThat(row.perplexity()).isNull();
              assertThat(row.density()).isBetween(0.99 - asked, 1.01 - asked);
            });
    assertThat(arena.standings()).hasSize(3 * 2).allMatch(standing -> standing.runs() == 2);
    assertThat(mean(arena, "magnitude", "sparsity=0.3"))
        .isGreaterThan(mean(arena, "random", "sparsity=0.95") + 10);
    assertThat(ArenaTable.front(arena)).isNotEmpty();
    assertThat(report)
        .content()
        .contains("wanda", "Pareto front", "Sparsity of each layer", "The samples that changed")
        .contains("random at sparsity=0.95: ", "Right before, wrong now", "data:image/png;base64,")
        .doesNotContain("src=\"http");
    assertThat(ArenaPage.of(arena, "espalier compare net.onnx"))
        .contains("espalier compare net.onnx", "| wanda | ", "±");
  }

  private static double mean(Arena arena, String method, String budget) {
    return arena.standings().stream()
        .filter(one -> one.method().equals(method) && one.budget().equals(budget))
        .mapToDouble(Standing::mean)
        .sum();
  }

  @Test
  void aSecondRunPrunesNothingAndSaysTheSame() throws IOException {
    var counting = new Counting(false);
    Contest contest =
        with(Contest.of(List.of("random"), Budgets.parse("sparsity=0.5"), 2), counting);
    Arena first = run(contest);
    assertThat(counting.prunings).hasValue(2);
    assertThat(first.reused()).isZero();
    Arena second = run(contest);
    assertThat(counting.prunings).hasValue(2);
    assertThat(second.rows()).isEqualTo(first.rows());
    assertThat(second.reused()).isEqualTo(4);
  }

  @Test
  void whatAnInterruptedRunLeftIsGoneOnFrom() throws IOException {
    var counting = new Counting(false);
    Contest contest =
        with(Contest.of(List.of("random"), Budgets.parse("sparsity=0.5,0.7"), 1), counting);
    Arena whole = run(contest);
    Path results = folder.resolve("report.jsonl");
    List<String> lines = Files.readAllLines(results);
    Files.write(results, lines.subList(0, 2));
    // Which two were done first depends on the threads.
    long lost = lines.stream().skip(2).filter(line -> line.contains("\"counting\"")).count();
    Arena resumed = run(contest);
    assertThat(counting.prunings).hasValue(2 + (int) lost);
    assertThat(resumed.reused()).isEqualTo(2);
    assertThat(resumed.rows())
        .usingRecursiveComparison()
        .ignoringFields("seconds")
        .isEqualTo(whole.rows());
  }

  @Test
  void anythingElseIsRunAnew() throws IOException {
    var counting = new Counting(false);
    Contest contest =
        with(Contest.of(List.of("random"), Budgets.parse("sparsity=0.5"), 1), counting);
    run(contest);
    run(contest.observedOn(64, 32));
    assertThat(counting.prunings).hasValue(2);
    run(contest.judgedOn(100));
    assertThat(counting.prunings).hasValue(3);
    Onnx.write(Zoo.build("mlpnet", 2), model);
    run(contest);
    assertThat(counting.prunings).hasValue(4);
    Arena.run(model, data, contest, report, Arena.Options.usual("1.1", Progress.NONE));
    assertThat(counting.prunings).hasValue(5);
    Arena.run(
        model, data, contest, report, new Arena.Options(true, false, 0, "1.1", Progress.NONE));
    assertThat(counting.prunings).hasValue(6);
  }

  @Test
  void aMethodThatFailsStopsNoOther() throws IOException {
    var failing = new Counting(true);
    var after = new Counting(false);
    Contest contest =
        with(Contest.of(List.of("random"), Budgets.parse("sparsity=0.5"), 2), failing, after);
    Arena arena = run(contest);
    assertThat(arena.rows())
        .filteredOn(Row::failed)
        .hasSize(2)
        .allMatch(row -> row.method().equals("failing") && row.accuracy() == null);
    assertThat(arena.rows()).filteredOn(row -> row.method().equals("counting")).hasSize(2);
    assertThat(after.prunings).hasValue(2);
    assertThat(ArenaTable.failures(arena))
        .containsExactly("failing at sparsity=0.5, seeds 0, 1: as it always does");
    run(contest);
    assertThat(failing.prunings).as("a failure isn't kept").hasValue(4);
  }

  @Test
  void channelsAndZerosMeetInOneContest() throws IOException {
    Contest contest =
        Contest.of(List.of("l2-filter", "magnitude"), Budgets.parse("params=0.5x"), 1);
    Arena arena = run(contest);
    assertThat(arena.rows()).noneMatch(Row::failed).hasSize(4);
    assertThat(arena.rows()).extracting(Row::method).contains("random", "random-filter");
    assertThat(arena.rows()).allMatch(row -> row.density() < 0.51);
  }

  @Test
  void allAreThoseThatCanPruneInThePattern() {
    Contest zeros = Contest.of(List.of("all"), null, 1, "2:4");
    assertThat(zeros.methods())
        .allMatch(method -> method.about().patterns().contains("N:M") && !method.trains());
    assertThat(zeros.budgets()).containsExactly(new Budget.Sparsity(0.5));
    assertThat(zeros.pattern()).isEqualTo(new Pattern.OfEvery(2, 4));
    Contest channels = Contest.of(List.of("all"), null, 1, Contest.STRUCTURED);
    assertThat(channels.methods()).anyMatch(method -> method.about().name().equals("l1-filter"));
    assertThat(channels.methods()).noneMatch(method -> method instanceof WeightMethod);
  }

  @Test
  void twoComparisonsAtATimeDoNotWriteToOneFile() throws IOException {
    Contest contest = Contest.of(List.of("random"), Budgets.parse("sparsity=0.5"), 1);
    Path results = folder.resolve("report.jsonl");
    try (var _ = new Results<>(results, Row.class, false, false)) {
      assertThatThrownBy(() -> run(contest))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("report.jsonl: another run is adding to it");
      assertThat(results).doesNotExist();
    }
    assertThat(run(contest).rows()).hasSize(1);
    assertThat(folder.resolve("report.jsonl.lock")).doesNotExist();
  }

  @Test
  void whatCannotBeIsToldBeforehand() throws IOException {
    assertThatThrownBy(() -> Contest.of(List.of("l1-filter"), Budgets.parse("sparsity=0.5"), 1))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("takes none of the budgets");
    assertThatThrownBy(() -> Budgets.parse("0.5")).hasMessageContaining("has no key");
    assertThatThrownBy(() -> Contest.of(List.of("wandb"), null, 1))
        .hasMessageContaining("nearest: wanda");
    Files.writeString(folder.resolve("report.jsonl"), "{\"a\": 1}\n");
    Contest contest = Contest.of(List.of("random"), Budgets.parse("sparsity=0.5"), 1);
    assertThatThrownBy(() -> run(contest))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("line 1 is no result");
  }

  @Test
  void meansAndTheFrontAreThoseOfTheDefinition() {
    List<Row> rows = List.of(row(0, 90, 0.5), row(1, 94, 0.5), row(2, 98, 0.5));
    Standing standing = Standing.of("a", "b", rows, Measure.ACCURACY);
    assertThat(standing.mean()).isEqualTo(94);
    assertThat(standing.spread()).isEqualTo(4);
    var same = Standing.of("same", "b", rows, Measure.ACCURACY);
    var worse = Standing.of("worse", "b", List.of(row(0, 93, 0.5)), Measure.ACCURACY);
    var smaller = Standing.of("smaller", "b", List.of(row(0, 80, 0.2)), Measure.ACCURACY);
    var none = Standing.of("none", "b", List.of(), Measure.ACCURACY);
    List<Standing> all = List.of(standing, same, worse, smaller, none);
    assertThat(all.stream().map(one -> one.among(all, Measure.ACCURACY)).filter(Standing::front))
        .extracting(Standing::method)
        .containsExactly("a", "same", "smaller");
    assertThat(worse.spread()).isNaN();
  }

  private static Row row(long seed, double accuracy, double density) {
    return new Row(
        "a", "b", "b", seed, accuracy, null, 0.1, density, Map.of(), null, 1.0, "", "id" + seed);
  }
}
