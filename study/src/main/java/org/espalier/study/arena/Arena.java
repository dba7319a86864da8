package org.espalier.study.arena;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Malformed;
import org.espalier.graph.Model;
import org.espalier.graph.onnx.Onnx;
import org.espalier.prune.Count;
import org.espalier.study.Outputs;
import org.espalier.study.report.HtmlReport;
import org.espalier.study.report.Progress;
import org.espalier.study.results.Identity;
import org.espalier.study.results.Results;
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

  /**
   * How to go about it.
   *
   * @param fresh whether earlier results are forgotten
   * @param collect whether nothing is run, only what is there put together
   * @param parallel how many prunings run side by side; 0 for as many as there is room for
   * @param version of the product
   * @param progress hears of the work
   */
  public record Options(
      boolean fresh, boolean collect, int parallel, String version, Progress progress) {
    public Options {
      if (parallel < 0) {
        throw new InvalidInputException(parallel + " prunings side by side, expected 1 or more");
      }
    }

    /** Goes on with what there is, as many prunings side by side as there is room for. */
    public static Options usual(String version, Progress progress) {
      return new Options(false, false, 0, version, progress);
    }
  }

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
    try (var results = new Results<>(kept, Row.class, options.fresh(), options.collect())) {
      return run(file, data, contest, report, options, results);
    }
  }

  private static Arena run(
      Path file, Splits data, Contest contest, Path report, Options options, Results<Row> results)
      throws IOException {
    Model model = Onnx.read(file);
    Dataset test = judgedOn(data.test(), contest);
    Count count = Count.of(model);
    Room room = Room.of(options.parallel(), count);
    var judge = Malformed.at(file, () -> new Judge(model, test, room.cells() * room.threads()));
    String how = "%d %d".formatted(contest.samples(), contest.batch());
    Identity identity = Identity.of(options.version(), file, model, how, data.train(), test);
    var rounds =
        new Rounds(model, data, contest, identity, results, judge, room, options.progress());
    List<Row> rows = options.collect() ? rounds.collect() : rounds.run();
    if (rows.stream().noneMatch(Row::run)) {
      throw new InvalidInputException(results.file() + ": has no result of this comparison yet");
    }
    Measure measure = judge.measure();
    var arena =
        new Arena(
            rows,
            new Dense(measure.of(judge.dense().evaluation()), count.parameters(), count.nonzeros()),
            standings(rows, measure),
            measure,
            rounds.reused(),
            report,
            results.file(),
            new Provenance(
                file, data.source(), data.train().hash(), test.hash(), test.size(), contest));
    HtmlReport.write(ArenaReport.of(arena, judge), report);
    return arena;
  }

  static Dataset judgedOn(Dataset all, Contest contest) {
    int wanted = contest.tested();
    if (wanted == 0 || wanted >= all.size()) {
      return all;
    }
    return Measure.of(all) == Measure.PERPLEXITY ? all.slice(0, wanted) : all.spread(wanted);
  }

  /** Where the results beside a report lie. */
  static Path results(Path report) {
    String name = report.getFileName().toString();
    int dot = name.lastIndexOf('.');
    return report.resolveSibling((dot > 0 ? name.substring(0, dot) : name) + ".jsonl");
  }

  private static List<Standing> standings(List<Row> rows, Measure measure) {
    Map<List<String>, List<Row>> grouped =
        rows.stream()
            .filter(Row::run)
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
}
