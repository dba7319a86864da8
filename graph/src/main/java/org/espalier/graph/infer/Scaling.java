package org.espalier.graph.infer;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.espalier.graph.Attribute;
import org.espalier.graph.Tensor;

/** Operators that give an image another resolution. */
final class Scaling {
  /** A scale that is a multiple of one in this many is followed for symbolic sizes. */
  private static final int FRACTION = 64;

  private Scaling() {}

  static void addTo(Map<String, Rule> rules) {
    rules.put("Resize", Scaling::resize);
    rules.put("Upsample", Scaling::upsample);
    rules.put("GridSample", Scaling::gridSample);
    rules.put("AffineGrid", Scaling::affineGrid);
  }

  private static void upsample(Call call) {
    call.element(0, call.element(0));
    Dims in = call.dims(0);
    if (call.node().attribute("scales").orElse(null)
        instanceof Attribute.FloatValues(List<Float> scales)) {
      var all = new float[scales.size()];
      for (int k = 0; k < all.length; k++) {
        all[k] = scales.get(k);
      }
      call.dims(0, scaled(call, in, every(in.rank()), all));
    } else {
      call.dims(0, byScales(call, in, every(in.rank()), 1));
    }
  }

  private static int[] every(int rank) {
    var axes = new int[rank];
    Arrays.setAll(axes, k -> k);
    return axes;
  }

  private static void resize(Call call) {
    call.element(0, call.element(0));
    Dims in = call.dims(0);
    int[] axes = axes(call, in);
    if (call.has(3) && !isEmpty(call, 3)) {
      call.dims(0, bySizes(call, in, axes));
    } else {
      call.dims(0, byScales(call, in, axes, call.opset() < 11 ? 1 : 2));
    }
  }

  private static boolean isEmpty(Call call, int input) {
    return call.isRanked(input) && call.dims(input).elements().is(0);
  }

  private static int[] axes(Call call, Dims in) {
    long[] given = call.node().integers("axes").orElse(null);
    if (given == null) {
      return every(in.rank());
    }
    call.axes(given, in.rank());
    return Arrays.stream(given).mapToInt(axis -> call.axis(axis, in.rank())).toArray();
  }

  private static Dims unknown(Dims in, int[] axes) {
    Dims out = in;
    for (int axis : axes) {
      out = out.with(axis, Size.unknown());
    }
    return out;
  }

  private static Dims bySizes(Call call, Dims in, int[] axes) {
    Optional<Size[]> sizes = call.entries(3);
    if (sizes.isEmpty()) {
      return unknown(in, axes);
    }
    Size[] wanted = sizes.get();
    check(call, wanted.length, axes.length);
    Dims out = in;
    for (int k = 0; k < axes.length; k++) {
      out = out.with(axes[k], wanted[k] == null ? Size.unknown() : wanted[k]);
    }
    String policy = call.node().text("keep_aspect_ratio_policy", "stretch");
    return policy.equals("stretch") ? out : keepRatio(in, out, axes, policy.equals("not_larger"));
  }

  private static void check(Call call, int found, int axes) {
    if (found != axes) {
      throw call.error("%d sizes or scales for %d axes".formatted(found, axes));
    }
  }

  private static Dims keepRatio(Dims in, Dims wanted, int[] axes, boolean notLarger) {
    double scale = notLarger ? Double.POSITIVE_INFINITY : 0;
    for (int axis : axes) {
      if (!in.at(axis).isFixed() || !wanted.at(axis).isFixed()) {
        return unknown(in, axes);
      }
      double own = (double) wanted.at(axis).fixed() / in.at(axis).fixed();
      scale = notLarger ? Math.min(scale, own) : Math.max(scale, own);
    }
    Dims out = in;
    for (int axis : axes) {
      out = out.with(axis, Size.of((long) Math.floor(scale * in.at(axis).fixed() + 0.5)));
    }
    return out;
  }

  private static Dims byScales(Call call, Dims in, int[] axes, int input) {
    Optional<Tensor> scales = call.tensor(input);
    if (scales.isPresent() && scales.get().type().isFloat()) {
      return scaled(call, in, axes, scales.get().floats());
    }
    Optional<Size[]> whole = call.entries(input);
    if (whole.isEmpty()) {
      call.element(input);
      return unknown(in, axes);
    }
    check(call, whole.get().length, axes.length);
    Dims out = in;
    for (int k = 0; k < axes.length; k++) {
      Size scale = whole.get()[k];
      out = out.with(axes[k], scale == null ? Size.unknown() : in.at(axes[k]).times(scale));
    }
    return out;
  }

  private static Dims scaled(Call call, Dims in, int[] axes, float[] scales) {
    check(call, scales.length, axes.length);
    Dims out = in;
    for (int k = 0; k < axes.length; k++) {
      if (!(scales[k] > 0)) {
        throw call.error("a scale of " + scales[k] + ", expected a positive one");
      }
      out = out.with(axes[k], scaled(in.at(axes[k]), scales[k]));
    }
    return out;
  }

  private static Size scaled(Size size, float scale) {
    if (size.isFixed()) {
      return Size.of((long) Math.floor(size.fixed() * scale)); // in float, as runtimes do
    }
    double parts = (double) scale * FRACTION;
    return parts == Math.rint(parts) && parts < Integer.MAX_VALUE
        ? size.times((long) parts).floorDiv(Size.of(FRACTION))
        : Size.unknown();
  }

  /** Input [N, C, ...], grid [N, out..., r]. */
  private static void gridSample(Call call) {
    call.element(0, call.element(0));
    Dims x = call.dimsFrom(0, 3);
    Dims grid = call.dims(1, x.rank());
    call.dims(0, x.part(0, 2).followedBy(grid.part(1, grid.rank() - 1)));
  }

  /** From sizes [N, C, out...] to a grid [N, out..., r]. */
  private static void affineGrid(Call call) {
    call.element(0, call.element(0));
    Dims size = Entries.dims(call.entriesOf(1, "sizes"));
    if (size.rank() < 3) {
      throw call.error("sizes " + size + ", expected 4 or 5 of them");
    }
    call.dims(
        0,
        Dims.of(size.at(0))
            .followedBy(size.part(2, size.rank()))
            .followedBy(Dims.of(Size.of(size.rank() - 2L))));
  }
}
