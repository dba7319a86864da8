package org.espalier.study.latency;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import org.espalier.study.report.Progress;

/** The layers and widths that were timed, and how. */
final class TimedLayers {
  /** How often is looked again at what seems to take too long. */
  private static final int ROUNDS = 3;

  /** A wider layer that takes less than this part of the time makes a measurement doubtful. */
  private static final double ODD = 0.97;

  private final LayerTimer timer;
  private final TimeCache cache;
  private final Progress progress;
  private final Map<Entry, Map<Width, Double>> times = new LinkedHashMap<>();
  private long done;

  TimedLayers(LayerTimer timer, TimeCache cache, Progress progress) {
    this.timer = timer;
    this.cache = cache;
    this.progress = progress;
  }

  Set<Entry> entries() {
    return times.keySet();
  }

  double ms(Entry entry, Width width) {
    return times.get(entry).get(width);
  }

  /** Measures what isn't known. */
  void add(Map<Entry, ? extends Collection<Width>> planned) {
    long total = done + planned.values().stream().mapToLong(Collection::size).sum();
    planned.forEach((entry, widths) -> add(entry, widths, total));
    progress.at("layer times", done, total, "");
  }

  private void add(Entry entry, Collection<Width> widths, long total) {
    Form form = entry.form();
    Map<Width, Double> known = times.computeIfAbsent(entry, e -> new LinkedHashMap<>());
    Set<Width> fresh = new LinkedHashSet<>();
    for (Width width : widths) {
      progress.at("layer times", done++, total, form.toString());
      OptionalDouble before = cache.ms(form, width);
      if (before.isEmpty()) {
        fresh.add(width);
      }
      known.put(width, before.orElseGet(() -> timed(form, width)));
    }
    if (!fresh.isEmpty()) {
      again(form, fresh, known);
      fresh.forEach(width -> cache.add(form, width, known.get(width)));
      cache.save();
    }
  }

  /**
   * Measures again what takes longer than a wider layer: often another process had the processor.
   * Where it's the layer, it stays so.
   */
  private void again(Form form, Set<Width> fresh, Map<Width, Double> known) {
    for (int round = 0; round < ROUNDS; round++) {
      for (Width width : fresh) {
        double ms = known.get(width);
        boolean odd =
            known.entrySet().stream()
                .anyMatch(other -> width.isWithin(other.getKey()) && other.getValue() < ODD * ms);
        if (odd) {
          known.put(width, Math.min(ms, timed(form, width)));
        }
      }
    }
  }

  private double timed(Form form, Width width) {
    return timer.measurement().ms(form.at(width), form.inputs(width));
  }

  /** What was measured of a layer, for people. */
  List<LatencyTable.Point> points(Entry entry) {
    var points = new ArrayList<LatencyTable.Point>();
    times.get(entry).forEach((width, ms) -> points.add(new LatencyTable.Point(width, ms)));
    points.sort(
        Comparator.comparingInt((LatencyTable.Point point) -> point.width().in())
            .thenComparingInt(point -> point.width().out()));
    return points;
  }
}
