package org.espalier.study.arena;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.espalier.graph.Malformed;
import org.espalier.graph.Model;
import org.espalier.prune.Layers;
import org.espalier.prune.evidence.Calibration;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.evidence.Need;
import org.espalier.prune.evidence.Observation;
import org.espalier.study.report.Progress;
import org.espalier.study.results.Identity;
import org.espalier.study.results.Results;
import org.espalier.train.CalibrationData;
import org.espalier.train.data.Splits;

/**
 * Runs what a contest lacks: seed by seed, each with evidence that is gathered once, and the
 * entries of a seed side by side. Rows come in the order of the contest, whichever ends first.
 */
final class Rounds {
  private final Model model;
  private final Splits data;
  private final Contest contest;
  private final Identity identity;
  private final Results<Row> results;
  private final Judge judge;
  private final Room room;
  private final Progress progress;
  private final AtomicInteger done = new AtomicInteger();
  private int reused;

  Rounds(
      Model model,
      Splits data,
      Contest contest,
      Identity identity,
      Results<Row> results,
      Judge judge,
      Room room,
      Progress progress) {
    this.model = model;
    this.data = data;
    this.contest = contest;
    this.identity = identity;
    this.results = results;
    this.judge = judge;
    this.room = room;
    this.progress = progress;
  }

  /** Runs what has no result yet. */
  List<Row> run() {
    var rows = new ArrayList<Row>();
    for (int seed = 0; seed < contest.seeds(); seed++) {
      List<Entry> entries = contest.entries(seed);
      List<Entry> missing = entries.stream().filter(entry -> known(entry).isEmpty()).toList();
      reused += entries.size() - missing.size();
      done.addAndGet(entries.size() - missing.size());
      if (missing.isEmpty()) {
        rows.addAll(rows(entries, Evidence.NONE));
        continue;
      }
      try (Evidence evidence = evidence(seed)) {
        gather(evidence, missing);
        rows.addAll(rows(entries, evidence));
      }
    }
    return rows;
  }

  /** Runs nothing: what has no result is a row that says so. */
  List<Row> collect() {
    var rows = new ArrayList<Row>();
    for (int seed = 0; seed < contest.seeds(); seed++) {
      for (Entry entry : contest.entries(seed)) {
        rows.add(
            known(entry)
                .orElseGet(() -> Row.failed(entry, identity.of(entry.description()), Row.NOT_RUN)));
        reused += rows.getLast().failed() ? 0 : 1;
      }
    }
    return rows;
  }

  /** The row of an earlier run; one that failed counts as none. */
  private Optional<Row> known(Entry entry) {
    return results.of(identity.of(entry.description())).filter(row -> !row.failed());
  }

  /** How many rows are from an earlier run. */
  int reused() {
    return reused;
  }

  private Evidence evidence(int seed) {
    Calibration calibration =
        Malformed.at(
            data.source(),
            () ->
                CalibrationData.of(model, data.train(), contest.samples(), contest.batch(), seed));
    Set<String> weights = Layers.of(model).weights();
    return Evidence.of(
        model,
        weights,
        calibration,
        Observation.USUAL.withProgress((what, part, of) -> progress.at(what, part, of, "")));
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

  private List<Row> rows(List<Entry> entries, Evidence evidence) {
    ExecutorService pool = Executors.newFixedThreadPool(room.cells());
    try {
      List<Future<Row>> rows =
          entries.stream().map(entry -> pool.submit(() -> row(entry, evidence))).toList();
      var finished = new ArrayList<Row>();
      for (Future<Row> row : rows) {
        finished.add(row.get());
      }
      return finished;
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw (CancellationException)
          new CancellationException("stopped; results so far are kept").initCause(stopped);
    } catch (ExecutionException failed) {
      if (failed.getCause() instanceof Error error) {
        throw error;
      }
      throw new IllegalStateException(failed.getCause()); // a cell keeps all others in its row
    } finally {
      pool.shutdownNow();
      pool.close();
    }
  }

  private Row row(Entry entry, Evidence evidence) {
    String key = identity.of(entry.description());
    Optional<Row> known = known(entry);
    if (known.isPresent()) {
      return known.get();
    }
    Row row = new Cell(entry, key, model, data, judge, room.threads()).row(evidence);
    if (Thread.currentThread().isInterrupted()) {
      return row; // was cut short, and is nobody's result
    }
    results.add(row);
    progress.at(
        "compare",
        done.incrementAndGet(),
        (long) contest.entries(0).size() * contest.seeds(),
        "%s %s seed %d".formatted(entry.name(), entry.budget(), entry.seed()));
    return row;
  }
}
