package org.espalier.study.arena;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.espalier.graph.Executor;
import org.espalier.graph.Malformed;
import org.espalier.graph.Model;
import org.espalier.graph.onnx.Onnx;
import org.espalier.prune.Count;
import org.espalier.prune.Layer;
import org.espalier.prune.Layers;
import org.espalier.prune.evidence.Calibration;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.evidence.Need;
import org.espalier.prune.evidence.Observation;
import org.espalier.reference.OnnxRuntime;
import org.espalier.study.Outputs;
import org.espalier.study.report.HtmlReport;
import org.espalier.study.report.Progress;
import org.espalier.train.CalibrationData;
import org.espalier.train.Evaluation;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.Splits;

/**
 * Methods compared on one network and one set of data, at several budgets, with several seeds. A
 * seed draws the calibration data; what methods need to know is observed on them once, for all.
 * Results are kept in a file beside the report: what has one isn't run again.
 *
 * @param dense the network before
 * @param standings the rows of a method and budget together
 * @param reused how many rows were taken from an earlier run
 */
public record Arena(
    List<Row> rows,
    Dense dense,
    List<Standing> standings,
    Measure measure,
    int reused,
    Path report,
    Path results,
    @JsonIgnore Provenance provenance) {

  /** The network before it is pruned. */
  public record Dense(double score, long parameters, long nonzeros) {}

  /** What the numbers come from. */
  public record Provenance(
      Path model, String data, String trainHash, String testHash, long tested, Contest contest) {}

  public Arena {
    rows = List.copyOf(rows);
    standings = List.copyOf(standings);
  }

  /** What is to be done with earlier results, and who hears of the work. */
  public record Options(boolean fresh, String version, Progress progress) {}

  /**
   * Runs a contest. A method that fails leaves its reason in its row.
   *
   * @param report where the HTML page goes; the results lie beside it, see {@link #results}
   */
  public static Arena run(Path file, Splits data, Contest contest, Path report, Options options)
      throws IOException {
    Path kept = results(report);
    Outputs.check(file, report);
    Outputs.check(file, kept);
    if (options.fresh()) {
      Files.deleteIfExists(kept);
    }
    var results = new Results(kept);
    Model model = Onnx.read(file);
    Dataset all = data.test();
    Dataset test =
        contest.tested() == 0 || contest.tested() >= all.size()
            ? all
            : all.slice(0, contest.tested());
    Measure measure = Measure.of(test);
    Evaluation before = Malformed.at(file, () -> evaluated(model, test));
    var identity = new Identity(file, model, data.train(), test, contest, options.version());
    var run = new Run(model, data, test, measure, contest, identity, results, options.progress());
    List<Row> rows = run.rows();
    Count count = Count.of(model);
    List<Standing> standings = standings(rows, measure);
    var arena =
        new Arena(
            rows,
            new Dense(measure.of(before), count.parameters(), count.nonzeros()),
            standings,
            measure,
            run.reused,
            report,
            kept,
            new Provenance(
                file, data.source(), data.train().hash(), test.hash(), test.size(), contest));
    HtmlReport.write(ArenaReport.of(arena), report);
    return arena;
  }

  /** Where the results beside a report lie. */
  static Path results(Path report) {
    String name = report.getFileName().toString();
    int dot = name.lastIndexOf('.');
    return report.resolveSibling((dot > 0 ? name.substring(0, dot) : name) + ".jsonl");
  }

  private static Evaluation evaluated(Model model, Dataset test) {
    try (Executor executor = OnnxRuntime.of(model)) {
      return Evaluation.of(executor, model, test);
    }
  }

  private static List<Standing> standings(List<Row> rows, Measure measure) {
    Map<List<String>, List<Row>> grouped =
        rows.stream()
            .collect(
                Collectors.groupingBy(
                    row -> List.of(row.budget(), row.method()),
                    LinkedHashMap::new,
                    Collectors.toList()));
    var alone = new ArrayList<Standing>();
    grouped.forEach(
        (key, group) -> alone.add(Standing.of(key.getLast(), key.getFirst(), group, measure)));
    return alone.stream().map(standing -> standing.among(alone, measure)).toList();
  }

  /** One pass through all entries. */
  private static final class Run {
    private final Model model;
    private final Splits data;
    private final Dataset test;
    private final Measure measure;
    private final Contest contest;
    private final Identity identity;
    private final Results results;
    private final Progress progress;
    private final List<Row> rows = new ArrayList<>();
    private int reused;

    Run(
        Model model,
        Splits data,
        Dataset test,
        Measure measure,
        Contest contest,
        Identity identity,
        Results results,
        Progress progress) {
      this.model = model;
      this.data = data;
      this.test = test;
      this.measure = measure;
      this.contest = contest;
      this.identity = identity;
      this.results = results;
      this.progress = progress;
    }

    List<Row> rows() {
      for (int seed = 0; seed < contest.seeds(); seed++) {
        List<Entry> entries = contest.entries(seed);
        List<Entry> missing =
            entries.stream().filter(entry -> results.of(identity.of(entry)).isEmpty()).toList();
        reused += entries.size() - missing.size();
        if (!missing.isEmpty()) {
          try (Evidence evidence = evidence(seed)) {
            gather(evidence, missing);
            run(entries, evidence);
          }
        } else {
          run(entries, Evidence.NONE);
        }
      }
      return rows;
    }

    private Evidence evidence(int seed) {
      Calibration calibration =
          CalibrationData.of(model, data.train(), contest.samples(), contest.batch(), seed);
      Set<String> weights =
          Layers.of(model).layers().stream().map(Layer::weight).collect(Collectors.toSet());
      return Evidence.of(
          model,
          weights,
          calibration,
          Observation.USUAL.withProgress((what, done, of) -> progress.at(what, done, of, "")));
    }

    /** Observes for all entries at once; where that fails, those that need it will say why. */
    private static void gather(Evidence evidence, List<Entry> entries) {
      var needs = EnumSet.noneOf(Need.class);
      entries.forEach(entry -> needs.addAll(entry.needs()));
      try {
        evidence.gather(needs);
      } catch (RuntimeException _) {
        // Those that need it will meet it again, and have it in their rows.
      }
    }

    private void run(List<Entry> entries, Evidence evidence) {
      int all = entries.size() * contest.seeds();
      for (Entry entry : entries) {
        progress.at(
            "compare",
            rows.size(),
            all,
            "%s %s seed %d".formatted(entry.name(), entry.budget(), entry.seed()));
        String key = identity.of(entry);
        rows.add(
            results
                .of(key)
                .orElseGet(
                    () -> {
                      Row row = row(entry, key, evidence);
                      results.add(row);
                      return row;
                    }));
      }
      progress.at("compare", rows.size(), all, "");
    }

    private Row row(Entry entry, String key, Evidence evidence) {
      try {
        long start = System.nanoTime();
        Entry.Pruned pruned = entry.prune(model, evidence, data, test);
        double seconds = (System.nanoTime() - start) / 1e9;
        Evaluation evaluation = evaluated(pruned.model(), test);
        if (Double.isNaN(measure.of(evaluation)) || Double.isNaN(evaluation.loss())) {
          return failed(entry, key, "the pruned network's answers are no numbers");
        }
        return new Row(
            entry.name(),
            entry.budget().toString(),
            pruned.reached(),
            entry.seed(),
            measure == Measure.ACCURACY ? evaluation.percent() : null,
            measure == Measure.PERPLEXITY ? evaluation.perplexity() : null,
            evaluation.loss(),
            (double) pruned.after().nonzeros() / pruned.before().parameters(),
            seconds,
            "",
            key);
      } catch (RuntimeException failure) {
        String reason = failure.getMessage();
        return failed(
            entry, key, reason == null ? failure.getClass().getSimpleName() : firstLine(reason));
      } catch (OutOfMemoryError tooLarge) {
        return failed(entry, key, "not enough memory: " + tooLarge.getMessage());
      }
    }

    private static String firstLine(String text) {
      return text.lines().findFirst().orElse(text);
    }

    private static Row failed(Entry entry, String key, String reason) {
      return new Row(
          entry.name(),
          entry.budget().toString(),
          null,
          entry.seed(),
          null,
          null,
          null,
          null,
          null,
          reason,
          key);
    }
  }
}
