package org.espalier.study.latency;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Layers of the same form and width, which take the same time.
 *
 * @param first one of them
 * @param count how many
 */
record Entry(Site first, int count) {
  private record Kind(Form form, Width width, boolean narrows, boolean thins) {
    static Kind of(Site site) {
      return new Kind(site.form(), site.width(), site.narrows(), site.thins());
    }
  }

  static List<Entry> of(List<Site> sites) {
    var entries = new LinkedHashMap<Kind, Entry>();
    for (Site site : sites) {
      entries.merge(
          Kind.of(site), new Entry(site, 1), (a, b) -> new Entry(a.first(), a.count() + 1));
    }
    return List.copyOf(entries.values());
  }

  boolean holds(Site site) {
    return Kind.of(site).equals(Kind.of(first));
  }

  Form form() {
    return first.form();
  }

  Width width() {
    return first.width();
  }

  /** Layers in which steps are alike. */
  String family() {
    String grouping = width().isDepthwise() ? " depthwise" : width().groups() > 1 ? " grouped" : "";
    return form().family() + grouping;
  }

  /** A measure of how much it matters which steps it has. */
  double work() {
    Width width = width();
    long pixels = form().input().stream().reduce(1L, (a, b) -> a * b);
    long window = form().kernel().stream().reduce(1L, (a, b) -> a * b);
    return (double) count * pixels * window * width.in() * width.out() / width.groups();
  }

  /** The widths of what it reads that are far apart. */
  List<Integer> ins(boolean detailed) {
    return first.narrows() ? grid(width().in(), detailed) : List.of(width().in());
  }

  /** The widths of what it makes that are far apart; with every channel for itself, none. */
  List<Integer> outs(boolean detailed) {
    return first.thins() ? grid(width().out(), detailed) : List.of(width().out());
  }

  private List<Integer> grid(int size, boolean detailed) {
    List<Integer> widths = Grid.coarse(size, unit());
    return detailed || widths.size() < 3 ? widths : List.of(widths.getFirst(), widths.getLast());
  }

  private int unit() {
    return width().isDepthwise() ? 1 : width().groups();
  }

  /** This layer with other channels; of a depthwise one, as many as it reads. */
  Width with(int in, int out) {
    return width().isDepthwise()
        ? new Width(in, in * (width().out() / width().in()), in)
        : new Width(in, out, width().groups());
  }

  /**
   * All widths far apart.
   *
   * @param detailed or just those at the corners
   */
  Set<Width> coarse(boolean detailed) {
    var widths = new LinkedHashSet<Width>();
    for (int in : ins(detailed)) {
      for (int out : outs(detailed)) {
        widths.add(with(in, out));
      }
    }
    return widths;
  }

  /** Widths of what it reads, one by one, all else as it is. */
  List<Width> narrowing(int period) {
    var widths = new ArrayList<Width>();
    Grid.fine(width().in(), period).forEach(in -> widths.add(with(in, width().out())));
    return widths;
  }

  /** Widths of what it makes, one by one, all else as it is. */
  List<Width> thinning(int period) {
    var widths = new ArrayList<Width>();
    Grid.fine(width().out(), period).forEach(out -> widths.add(with(width().in(), out)));
    return widths;
  }

  boolean showsNarrowing(int period) {
    return first.narrows() && unit() == 1 && Grid.showsSteps(width().in(), period);
  }

  boolean showsThinning(int period) {
    return first.thins()
        && !width().isDepthwise()
        && unit() == 1
        && Grid.showsSteps(width().out(), period);
  }
}
