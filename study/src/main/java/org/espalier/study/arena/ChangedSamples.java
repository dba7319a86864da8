package org.espalier.study.arena;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.espalier.study.report.Report;
import org.espalier.study.report.Report.Alternative;
import org.espalier.study.report.Report.Picture;

/** The part of the page that shows which examples are answered otherwise after a pruning. */
final class ChangedSamples {
  private final Judge judge;
  private final Thumbnails thumbnails;

  private ChangedSamples(Judge judge) {
    this.judge = judge;
    this.thumbnails = new Thumbnails(judge.test());
  }

  /** The part; none where the data have no classes or nothing was kept. */
  static Optional<Report.Part> of(Arena arena, Judge judge) {
    var samples = new ChangedSamples(judge);
    List<Alternative> alternatives =
        ArenaTable.budgets(arena).reversed().stream()
            .flatMap(budget -> arena.rows().stream().filter(row -> row.budget().equals(budget)))
            .filter(row -> row.seed() == 0 && row.changes() != null)
            .map(samples::alternative)
            .toList();
    return alternatives.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Report.Choice(
                "The samples that changed",
                alternatives,
                "Of seed 0: the answer of the dense network and that of the pruned one; the first"
                    + " %d of each kind, with their numbers in the test part when pointed at."
                        .formatted(Changes.SHOWN)));
  }

  private Alternative alternative(Row row) {
    Changes changes = row.changes();
    var lost = new ArrayList<Picture>();
    var won = new ArrayList<Picture>();
    changes
        .answers()
        .forEach(
            (example, answer) ->
                (right(answer, example) ? won : lost).add(picture(example, answer)));
    return new Alternative(
        row.budget(),
        "%s at %s: %d lost, %d won"
            .formatted(row.method(), row.budget(), changes.lost(), changes.won()),
        List.of(
            new Report.Pictures(
                "Right before, wrong now: %,d%s"
                    .formatted(changes.lost(), some(lost, changes.lost())),
                lost),
            new Report.Pictures(
                "Wrong before, right now: %,d%s".formatted(changes.won(), some(won, changes.won())),
                won)));
  }

  private boolean right(int answer, int example) {
    return answer == judge.label(example);
  }

  private static String some(List<Picture> shown, int all) {
    return shown.size() < all ? " (the first %d)".formatted(shown.size()) : "";
  }

  private Picture picture(int example, int answer) {
    return new Picture(
        thumbnails.of(example),
        "%s → %s".formatted(name(judge.dense().answers()[example]), name(answer)),
        "example %d is %s".formatted(example, name(judge.label(example))));
  }

  private String name(int label) {
    List<String> names = judge.test().classNames();
    return label < names.size() ? names.get(label) : Integer.toString(label);
  }
}
