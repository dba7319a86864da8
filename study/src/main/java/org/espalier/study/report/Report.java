package org.espalier.study.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A report for people, as data: a title, and parts in the order in which they are read. {@link
 * HtmlReport} makes one self-contained page of it.
 *
 * @param title what this is
 * @param summary what came out, in a sentence or two
 * @param parts what follows
 * @param provenance how it was made, by name: command, seed, versions, machine
 */
public record Report(
    String title, String summary, List<Part> parts, Map<String, String> provenance) {
  public Report {
    parts = List.copyOf(parts);
    provenance = new LinkedHashMap<>(provenance);
  }

  /** One part of a report. */
  public sealed interface Part {}

  /** The few numbers that matter most, large. */
  public record Figures(List<Figure> figures) implements Part {
    public Figures {
      figures = List.copyOf(figures);
    }
  }

  /** One number with what it is and what it is compared with. */
  public record Figure(String label, String value, String comparison) {}

  /** A paragraph under a heading; either may be empty. */
  public record Text(String heading, String text) implements Part {}

  /** A table under a heading. */
  public record Table(String heading, List<String> columns, List<List<String>> rows, String note)
      implements Part {
    public Table {
      columns = List.copyOf(columns);
      rows = rows.stream().map(List::copyOf).toList();
    }
  }

  /**
   * A chart under a heading.
   *
   * @param labels of the categories on the horizontal axis, or empty where points have their own x
   * @param note what to see in it, below
   */
  public record Chart(
      String heading,
      Kind kind,
      String x,
      String y,
      List<String> labels,
      List<Series> series,
      String note)
      implements Part {
    public Chart {
      labels = List.copyOf(labels);
      series = List.copyOf(series);
    }

    /** How the points are drawn. */
    public enum Kind {
      /** Points joined by lines, over a numeric axis. */
      LINE,
      /** A bar for each label and series. */
      BAR
    }
  }

  /**
   * Shares as a table of shades: one row for each thing that is compared.
   *
   * @param rows their values, from 0 to 1, one for each column; NaN where there is none
   */
  public record Heat(List<String> columns, Map<String, double[]> rows, String note)
      implements Part {
    public Heat {
      columns = List.copyOf(columns);
      rows = new LinkedHashMap<>(rows);
    }
  }

  /** Small pictures with what is said of them. */
  public record Pictures(String heading, List<Picture> pictures) implements Part {
    public Pictures {
      pictures = List.copyOf(pictures);
    }
  }

  /**
   * One picture; equal ones are in the page only once.
   *
   * @param png its file; empty where there is nothing to see
   * @param title what is told of it when it's pointed at
   */
  public record Picture(byte[] png, String caption, String title) {}

  /** Alternatives, of which the reader sees one at a time. */
  public record Choice(String heading, List<Alternative> alternatives, String note)
      implements Part {
    public Choice {
      alternatives = List.copyOf(alternatives);
    }
  }

  /**
   * What is shown when its name is chosen.
   *
   * @param group under which it's listed; may be empty
   */
  public record Alternative(String group, String name, List<Part> parts) {
    public Alternative {
      parts = List.copyOf(parts);
    }
  }

  /**
   * The points of one line or colour: [x, y] pairs, or [index, y] over labels; a third number is
   * how far y spreads.
   *
   * @param dashed whether the line is dashed and without points: no measurement of its own
   */
  public record Series(String name, List<double[]> points, boolean dashed) {
    public Series {
      points = List.copyOf(points);
    }

    public Series(String name, List<double[]> points) {
      this(name, points, false);
    }

    /** Values over labels. */
    public static Series of(String name, double... values) {
      var points = new ArrayList<double[]>();
      for (int k = 0; k < values.length; k++) {
        points.add(new double[] {k, values[k]});
      }
      return new Series(name, points);
    }
  }
}
