package org.espalier.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Rows of text in aligned columns; a column of numbers is aligned to the right. */
final class Table {
  private final List<String[]> rows = new ArrayList<>();

  Table(String... header) {
    rows.add(header);
  }

  void row(String... cells) {
    assert cells.length == rows.getFirst().length : cells.length + " cells";
    rows.add(Arrays.stream(cells).map(Plain::cell).toArray(String[]::new));
  }

  void print(PrintWriter out) {
    int columns = rows.getFirst().length;
    int[] widths = new int[columns];
    boolean[] numeric = new boolean[columns];
    for (int column = 0; column < columns; column++) {
      int at = column;
      widths[column] = rows.stream().mapToInt(row -> row[at].length()).max().orElse(0);
      numeric[column] = rows.size() > 1 && rows.stream().skip(1).allMatch(row -> isNumber(row[at]));
    }
    for (String[] row : rows) {
      var line = new StringBuilder();
      for (int column = 0; column < columns; column++) {
        String padding = " ".repeat(widths[column] - row[column].length());
        line.append(column == 0 ? "" : "  ")
            .append(numeric[column] ? padding + row[column] : row[column] + padding);
      }
      out.println(line.toString().stripTrailing());
    }
  }

  private static boolean isNumber(String cell) {
    return cell.isEmpty()
        || cell.equals("-")
        || cell.matches("[-+]?[0-9][0-9,.]*(e[-+][0-9]+)?( ?[%A-Za-z]{0,2})( ± [0-9.]+)?");
  }
}
