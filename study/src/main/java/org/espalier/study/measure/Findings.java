package org.espalier.study.measure;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a measurement found: numbers by name, and tables of what has more than one.
 *
 * @param numbers in the order to be shown; shares of examples are percent, NaN is a number that
 *     these data can't give
 * @param tables curves, layers, classes or examples
 * @param note what to make of it, in a sentence; may be empty
 */
public record Findings(Map<String, Double> numbers, List<Table> tables, String note) {
  /**
   * Rows of numbers and names.
   *
   * @param rows a cell is a {@link Double}, an {@link Integer} or a {@link String}
   */
  public record Table(String name, List<String> columns, List<List<Object>> rows) {
    public Table {
      columns = List.copyOf(columns);
      rows = rows.stream().map(List::copyOf).toList();
      for (List<Object> row : rows) {
        if (row.size() != columns.size()) {
          throw new IllegalArgumentException(
              "%s: a row of %d cells under %d columns".formatted(name, row.size(), columns.size()));
        }
      }
    }

    Table(String name, String... columns) {
      this(name, List.of(columns), List.of());
    }

    Table row(Object... cells) {
      var more = new ArrayList<>(rows);
      more.add(List.of(cells));
      return new Table(name, columns, more);
    }
  }

  /** Nothing found yet. */
  static final Findings NONE = new Findings(Map.of(), List.of(), "");

  public Findings {
    numbers = Collections.unmodifiableMap(new LinkedHashMap<>(numbers));
    tables = List.copyOf(tables);
  }

  /** The number of this name. */
  public double number(String name) {
    Double number = numbers.get(name);
    if (number == null) {
      throw new IllegalArgumentException("no number '%s' among %s".formatted(name, numbers));
    }
    return number;
  }

  Findings and(String name, double number) {
    var more = new LinkedHashMap<>(numbers);
    more.put(name, number);
    return new Findings(more, tables, note);
  }

  Findings and(Table table) {
    var more = new ArrayList<>(tables);
    more.add(table);
    return new Findings(numbers, more, note);
  }

  Findings noted(String note) {
    return new Findings(numbers, tables, note);
  }
}
