package org.espalier.study.arena;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.espalier.graph.AtomicFile;

/** A contest as a page of Markdown that names the command it comes from. */
public final class ArenaPage {
  private ArenaPage() {}

  /** Writes the page, whole or not at all. */
  public static void write(Arena arena, String command, Path file) {
    ByteBuffer page = UTF_8.encode(of(arena, command));
    AtomicFile.write(
        file,
        channel -> {
          while (page.hasRemaining()) {
            channel.write(page);
          }
        });
  }

  static String of(Arena arena, String command) {
    Arena.Provenance from = arena.provenance();
    Contest contest = from.contest();
    var page = new StringBuilder();
    page.append("# Methods compared on %s%n%n".formatted(from.model().getFileName()));
    page.append("```%n%s%n```%n%n".formatted(command));
    page.append(
        ("%s on %,d examples of the test part: mean ± standard deviation over %d draws of %d"
                + " examples that networks are observed on. No training follows. Pattern %s,"
                + " allocation %s. The dense network has %,d parameters and %s.%n%n")
            .formatted(
                sentence(arena.measure().label()),
                from.tested(),
                contest.seeds(),
                contest.samples(),
                contest.pattern(),
                contest.allocation() == null ? "each method's own" : contest.allocation().name(),
                arena.dense().parameters(),
                arena.measure().written(arena.dense().score())));
    List<List<String>> rows = ArenaTable.rows(arena);
    page.append(row(rows.getFirst()));
    page.append("| --- |").append(" ---: |".repeat(rows.getFirst().size() - 1)).append('\n');
    rows.stream().skip(1).map(ArenaPage::row).forEach(page::append);
    page.append(
        ("%nSeconds are those of one pruning, with the machine as busy as it was; what methods need"
                + " to know is observed once for all and isn't in them.")
            .formatted());
    page.append(
        " None is as small and better, or as good and smaller, than: %s.%n"
            .formatted(
                ArenaTable.front(arena).stream()
                    .map(standing -> standing.method() + " at " + standing.budget())
                    .collect(Collectors.joining(", "))));
    for (String failure : ArenaTable.failures(arena)) {
      page.append("%nFailed: %s.%n".formatted(failure));
    }
    if (!ArenaTable.missing(arena).isEmpty()) {
      page.append("%nNot run yet: %s.%n".formatted(String.join(", ", ArenaTable.missing(arena))));
    }
    page.append(
        "%nTraining part: sha256 `%s`. Test part: sha256 `%s`.%n"
            .formatted(from.trainHash(), from.testHash()));
    return page.toString().replace(System.lineSeparator(), "\n");
  }

  private static String row(List<String> cells) {
    return cells.stream().collect(Collectors.joining(" | ", "| ", " |\n"));
  }

  private static String sentence(String text) {
    return Character.toUpperCase(text.charAt(0)) + text.substring(1);
  }
}
