package org.espalier.study.latency;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Milliseconds of a layer over both of its widths: between those that were measured, linear, with
 * the steps of both.
 */
final class Surface {
  private final Entry entry;
  private final double[] ins;
  private final double[] outs;
  private final double[][] level;
  private final Steps narrowing;
  private final Steps thinning;

  Surface(
      Entry entry,
      boolean detailed,
      ToDoubleFunction<Width> measured,
      Steps narrowing,
      Steps thinning) {
    this.entry = entry;
    this.narrowing = narrowing;
    this.thinning = entry.width().isDepthwise() ? Steps.NONE : thinning;
    List<Integer> in = apart(entry.ins(detailed), narrowing);
    List<Integer> out =
        entry.width().isDepthwise() ? List.of(1) : apart(entry.outs(detailed), this.thinning);
    ins = in.stream().mapToDouble(narrowing::as).toArray();
    outs = out.stream().mapToDouble(this.thinning::as).toArray();
    level = new double[ins.length][outs.length];
    for (int i = 0; i < ins.length; i++) {
      for (int o = 0; o < outs.length; o++) {
        level[i][o] =
            measured.applyAsDouble(entry.with(in.get(i), out.get(o)))
                / factor(in.get(i), out.get(o));
      }
    }
  }

  /** Without widths that take as long as the next larger one. */
  private static List<Integer> apart(List<Integer> widths, Steps steps) {
    var apart = new ArrayList<Integer>();
    for (int width : widths) {
      if (!apart.isEmpty() && steps.as(width) - steps.as(apart.getLast()) < 1) {
        apart.removeLast();
      }
      apart.add(width);
    }
    return apart;
  }

  private double factor(int in, int out) {
    return narrowing.factor(in) * thinning.factor(out);
  }

  /** Milliseconds at a width; with fewer groups, in proportion. */
  double ms(Width width) {
    if (entry.width().isDepthwise()) {
      return at(width.in(), 1);
    }
    double share = (double) width.groups() / entry.width().groups();
    return share * at((int) (width.in() / share), (int) (width.out() / share));
  }

  private double at(int in, int out) {
    double x = narrowing.as(in);
    int i = place(ins, x);
    double ms = between(outs, thinning.as(out), level[i]);
    if (ins.length > 1) {
      double next = between(outs, thinning.as(out), level[i + 1]);
      ms += (next - ms) * (x - ins[i]) / (ins[i + 1] - ins[i]);
    }
    return factor(in, out) * Math.max(ms, level[0][0] / 4);
  }

  /** Before which of the widths, but the last, the line begins that this one is on. */
  private static int place(double[] widths, double width) {
    int place = 0;
    while (place < widths.length - 2 && widths[place + 1] < width) {
      place++;
    }
    return place;
  }

  private static double between(double[] widths, double width, double... values) {
    if (widths.length == 1) {
      return values[0];
    }
    int place = place(widths, width);
    return values[place]
        + (values[place + 1] - values[place])
            * (width - widths[place])
            / (widths[place + 1] - widths[place]);
  }
}
