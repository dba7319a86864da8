package org.espalier.study.arena;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.espalier.graph.AtomicFile;
import org.espalier.prune.Method;

/**
 * A contest as a section of a page of Markdown, which names the command it comes from. What else
 * the page has stays.
 */
public final class ArenaPage {
  private static final String TITLE = "# Methods compared\n\n";

  private ArenaPage() {}

  /** Writes the section in the place of the one on the same network, or behind the others. */
  public static void write(Arena arena, String command, Path file) throws IOException {
    String old = Files.exists(file) ? Files.readString(file) : TITLE;
    AtomicFile.write(file, placed(of(arena, command), old));
  }

  /** The page with the section in it, whose first line tells which one it replaces. */
  static String placed(String section, String page) {
    String heading = section.lines().findFirst().orElseThrow();
    List<String> parts = List.of(page.split("(?m)(?=^## )"));
    boolean known = parts.stream().anyMatch(part -> part.startsWith(heading + "\n"));
    var whole = new StringBuilder();
    for (String part : parts) {
      whole.append(part.startsWith(heading + "\n") ? section + "\n" : part);
    }
    if (!known) {
      whole.append(whole.toString().endsWith("\n\n") ? "" : "\n").append(section);
    }
    return whole.toString().stripTrailing() + "\n";
  }

  static String of(Arena arena, String command) {
    Arena.Provenance from = arena.provenance();
    Contest contest = from.contest();
    var page = new StringBuilder();
    page.append("## %s%n%n".formatted(from.model().getFileName()));
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
    for (Method method : contest.methods()) {
      if (method instanceof SmallerDense(int epochs)) {
        page.append(
            ("%s is the same architecture, narrowed until it has as many parameters, and trained"
                    + " from nothing: %s of the training part.%n%n")
                .formatted(
                    sentence(SmallerDense.NAME), epochs == 1 ? "one epoch" : epochs + " epochs"));
      }
    }
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
