package org.espalier.study.latency;

import java.util.List;

/**
 * How long the layers of a network take at several widths.
 *
 * @param executor what ran them
 * @param layers those whose widths may change, equal ones once
 */
public record LatencyTable(String executor, int threads, String cpu, List<Layer> layers) {
  /**
   * Layers of one form and width.
   *
   * @param names of all of them
   * @param layer what they are, apart from their widths
   * @param width theirs
   * @param points all that was measured; where there is one for every channel in a row, the time's
   *     steps can be read off
   */
  public record Layer(List<String> names, String layer, Width width, List<Point> points) {
    public Layer {
      names = List.copyOf(names);
      points = List.copyOf(points);
    }
  }

  /** Milliseconds at a width. */
  public record Point(Width width, double ms) {}

  public LatencyTable {
    layers = List.copyOf(layers);
  }
}
