package org.espalier.train.data;

import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.RuntimeJsonMappingException;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;

/**
 * A table of numbers with a target column, header or not: one file, a fifth held out for testing,
 * or a folder with files named for training and test. Labels that aren't numbers from 0 up are
 * numbered in alphabetical order.
 */
final class CsvTable {
  private static final Pattern LABEL = Pattern.compile("(?i)label|class|target|y");

  /** The columns of features in row order, and the targets as they are written. */
  private record Table(Path file, int features, float[] values, List<String> targets) {}

  private CsvTable() {}

  static Splits file(Path file, DataOptions options) throws IOException {
    Table table = read(file, options);
    return Splits.undivided(file.toString(), dataset(table, names(table, options)));
  }

  static Splits folder(Path folder, List<Path> files, DataOptions options) throws IOException {
    List<Path> tables = files.stream().filter(f -> Datasets.name(f).endsWith(".csv")).toList();
    Optional<Path> train = named(tables, "train");
    Optional<Path> test = named(tables, "test");
    if (train.isPresent() && test.isPresent()) {
      Table learned = read(train.get(), options);
      Table judged = read(test.get(), options);
      if (learned.features() != judged.features()) {
        throw new InvalidInputException(
            "%s: %d features, '%s' has %d"
                .formatted(
                    judged.file(),
                    judged.features(),
                    learned.file().getFileName(),
                    learned.features()));
      }
      Optional<List<String>> names = names(learned, options);
      return Splits.of(folder.toString(), dataset(learned, names), dataset(judged, names));
    }
    if (tables.size() == 1) {
      return file(tables.getFirst(), options);
    }
    throw new InvalidInputException(
        folder + ": several tables; expected one, or names with 'train' and 'test'");
  }

  private static Optional<Path> named(List<Path> files, String part) {
    return files.stream().filter(file -> Datasets.name(file).contains(part)).findFirst();
  }

  private static Table read(Path file, DataOptions options) throws IOException {
    var rows = new ArrayList<String[]>();
    CsvMapper mapper =
        CsvMapper.builder()
            .enable(CsvParser.Feature.WRAP_AS_ARRAY)
            .enable(CsvParser.Feature.SKIP_EMPTY_LINES)
            .enable(CsvParser.Feature.TRIM_SPACES)
            .build();
    try (MappingIterator<String[]> lines =
        mapper.readerFor(String[].class).readValues(file.toFile())) {
      while (lines.hasNext()) {
        rows.add(lines.next());
      }
    } catch (RuntimeJsonMappingException e) {
      throw new InvalidInputException(file + ": not readable as CSV: " + e.getMessage(), e);
    }
    if (rows.isEmpty()) {
      throw new InvalidInputException(file + ": the table is empty");
    }
    boolean headed = isHeader(rows.getFirst(), rows.size() > 1 ? rows.get(1) : null);
    String[] names = headed ? rows.getFirst() : new String[0];
    List<String[]> records = headed ? rows.subList(1, rows.size()) : rows;
    if (records.isEmpty()) {
      throw new InvalidInputException(file + ": a header and no rows");
    }
    int columns = rows.getFirst().length;
    int label = label(file, names, columns, options);
    float[] values = new float[Math.multiplyExact(records.size(), columns - 1)];
    var targets = new ArrayList<String>();
    for (int row = 0; row < records.size(); row++) {
      String[] cells = records.get(row);
      if (cells.length != columns) {
        throw new InvalidInputException(
            "%s: row %d has %d cells, expected %d"
                .formatted(file, row + (headed ? 2 : 1), cells.length, columns));
      }
      int to = row * (columns - 1);
      for (int column = 0; column < columns; column++) {
        if (column == label) {
          targets.add(cells[column]);
        } else {
          values[to++] = number(file, row + (headed ? 2 : 1), column, cells[column], names);
        }
      }
    }
    return new Table(file, columns - 1, values, targets);
  }

  /** A first row with text in a column that holds a number below, or nothing but text. */
  private static boolean isHeader(String[] first, String[] second) {
    boolean allText = Arrays.stream(first).noneMatch(CsvTable::isNumber);
    if (allText || second == null || second.length != first.length) {
      return allText;
    }
    for (int k = 0; k < first.length; k++) {
      if (!isNumber(first[k]) && isNumber(second[k])) {
        return true;
      }
    }
    return false;
  }

  private static boolean isNumber(String cell) {
    try {
      Double.parseDouble(cell);
      return true;
    } catch (NumberFormatException e) {
      return false;
    }
  }

  private static int label(Path file, String[] names, int columns, DataOptions options) {
    if (columns < 2) {
      throw new InvalidInputException(file + ": one column, expected features and a target");
    }
    if (options.label().isPresent()) {
      int label = Arrays.asList(names).indexOf(options.label().get());
      if (label < 0) {
        throw new InvalidInputException(
            "%s: no column '%s'; it has %s"
                .formatted(file, options.label().get(), Arrays.toString(names)));
      }
      return label;
    }
    for (int k = 0; k < names.length; k++) {
      if (LABEL.matcher(names[k]).matches()) {
        return k;
      }
    }
    return columns - 1;
  }

  private static float number(Path file, int row, int column, String cell, String[] names) {
    if (isNumber(cell) && Float.isFinite(Float.parseFloat(cell))) {
      return Float.parseFloat(cell);
    }
    throw new InvalidInputException(
        "%s: row %d, column %s: '%s', expected a finite number"
            .formatted(
                file,
                row,
                names.length > 0 ? "'" + names[column] + "'" : Integer.toString(column + 1),
                cell));
  }

  /** The names of the classes; empty for real targets. */
  private static Optional<List<String>> names(Table table, DataOptions options) {
    if (options.regression()) {
      return Optional.empty();
    }
    boolean numbered =
        table.targets().stream().allMatch(target -> target.matches("\\d{1,6}(\\.0)?"));
    return Optional.of(
        numbered
            ? Columns.numbers(
                table.targets().stream().mapToLong(CsvTable::whole).toArray(),
                table.file().toString())
            : List.copyOf(new TreeSet<>(table.targets())));
  }

  private static long whole(String target) {
    return (long) Double.parseDouble(target);
  }

  private static Dataset dataset(Table table, Optional<List<String>> names) {
    int rows = table.targets().size();
    Tensor examples = Tensor.of(table.values(), rows, table.features());
    if (names.isEmpty()) {
      float[] targets = new float[rows];
      for (int row = 0; row < rows; row++) {
        targets[row] =
            number(
                table.file(), row + 1, table.features(), table.targets().get(row), new String[0]);
      }
      return TensorDataset.regression(examples, Tensor.of(targets, rows, 1));
    }
    long[] labels = new long[rows];
    for (int row = 0; row < rows; row++) {
      String target = table.targets().get(row);
      labels[row] = names.get().indexOf(target);
      if (labels[row] < 0 && isNumber(target)) {
        labels[row] = names.get().indexOf(Long.toString(whole(target)));
      }
      if (labels[row] < 0) {
        throw new InvalidInputException(
            "%s: class '%s' in example %d, expected one of %s"
                .formatted(table.file(), target, row + 1, names.get()));
      }
    }
    return TensorDataset.classified(examples, Tensor.of(labels), names.get());
  }
}
