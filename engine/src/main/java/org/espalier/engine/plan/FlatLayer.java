package org.espalier.engine.plan;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.espalier.engine.kernel.window.Flat;

/**
 * A convolution or pool that goes over each plane as one long row, and how planes are cut into
 * bands.
 *
 * @param largest whether it's the largest of each window
 * @param factors what each pixel is multiplied with in the end
 */
record FlatLayer(Geometry geometry, boolean largest, Optional<MemorySegment> factors, Tail tail) {
  /** Pixels above which a plane is read in place as far as possible. */
  private static final int IN_PLACE = 1024;

  /** Adds the step, where the kernels have one and the geometry allows it. */
  Optional<Home.Planes> plan(
      Layer layer, Supplier<MemorySegment> constants, long[] out, Planner planner) {
    Geometry g = geometry;
    int stride = g.strideWidth();
    boolean possible =
        (g.strideHeight() == stride || g.outHeight() == 1)
            && stride <= 2
            && g.top() >= 0
            && g.left() >= 0;
    if (!possible) {
      return Optional.empty();
    }
    int pitch = pitch(g);
    if (pitch < 0) {
      return Optional.empty();
    }
    boolean apart = pitch != g.outWidth();
    int whole = apart ? 1 : wholeRows(g.outWidth(), planner.kernels().lanes());
    // Rows whose windows lie inside from top to bottom are read in place.
    int above = Math.ceilDiv(Math.max(1, g.top()), whole) * whole;
    int inside = g.height() - (g.kernelHeight() - 1) * g.dilationHeight() + g.top();
    int below = inside >= g.outHeight() ? g.outHeight() : inside / whole * whole;
    boolean inPlace =
        stride == 1 && (long) g.height() * g.width() > IN_PLACE && below - above > above + 2;
    int rows = g.outHeight();
    while (rows > 1 && bandBytes(g, rows) > DepthwiseRule.STRIP) {
      rows = Math.ceilDiv(rows, 2);
    }
    rows = Math.min(g.outHeight(), Math.ceilDiv(rows, whole) * whole);
    int[] bands;
    if (inPlace) {
      bands =
          below == g.outHeight()
              ? new int[] {0, above, below}
              : new int[] {0, above, below, g.outHeight()};
      rows = Math.max(above, g.outHeight() - below);
    } else {
      int step = rows;
      int count = Math.ceilDiv(g.outHeight(), step);
      bands = new int[count + 1];
      Arrays.setAll(bands, band -> Math.min(g.outHeight(), band * step));
    }
    boolean clamp = tail.residual().isEmpty() && !tail.bounds().isNone();
    var form =
        new Flat.Form(
            largest,
            stride,
            g.kernelHeight(),
            g.kernelWidth(),
            g.dilationHeight(),
            g.dilationWidth(),
            g.left(),
            g.width(),
            g.outWidth(),
            pitch,
            FlatConvolution.phase(g, pitch, rows),
            clamp);
    Optional<Flat> flat = planner.kernels().depthwise().flat(form);
    if (flat.isEmpty()) {
      return Optional.empty();
    }
    Home.Planes x = planner.planes(layer.node().inputs().getFirst());
    Home.Planes y = planner.newPlanes(out);
    Optional<Slot> residual = tail.residual().map(value -> Layouts.like(planner, value, y).slot());
    long bandBytes = bandBytes(g, rows);
    int most = 0;
    for (int band = 0; band + 1 < bands.length; band++) {
      most = Math.max(most, bands[band + 1] - bands[band]);
    }
    long bytes = bandBytes + (apart ? 64L * Math.ceilDiv(4 * most * pitch, 64) + 64 : 0);
    List<Slot> scratch = planner.scratch(bytes);
    var touched = new ArrayList<>(List.of(x.slot(), y.slot()));
    touched.addAll(scratch);
    residual.ifPresent(touched::add);
    planner.add(
        new FlatConvolution(
            planner.kernels(),
            flat.get(),
            form,
            g,
            y.channels() / x.channels(),
            constants.get(),
            bands,
            inPlace ? 1 : -1,
            x,
            y,
            scratch,
            apart ? bandBytes : -1,
            residual,
            factors,
            tail.bounds(),
            tail.curve()),
        touched);
    planner.define(layer.output(), y);
    return Optional.of(y);
  }

  /** Rows that end on a whole vector, as bands must: what is written past a plane is another's. */
  private static int wholeRows(int width, int lanes) {
    int rows = 1;
    while (rows * width % lanes != 0) {
      rows++;
    }
    return rows;
  }

  private static int pitch(Geometry g) {
    int window = (g.kernelWidth() - 1) * g.dilationWidth() + 1;
    return Flat.Form.pitch(g.strideWidth(), g.width(), g.outWidth(), g.left(), window);
  }

  private static long bandBytes(Geometry g, int rows) {
    long phases = (long) g.strideWidth() * g.strideWidth();
    return FlatConvolution.lead(g) + phases * FlatConvolution.phase(g, pitch(g), rows);
  }
}
