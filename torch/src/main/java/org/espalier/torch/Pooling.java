package org.espalier.torch;

import static org.espalier.torch.Call.scalar;

import java.util.Arrays;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Pooling over windows and over whole images.
 *
 * <p>libtorch pads both sides alike and at most by half a window, so what ONNX asks beyond that is
 * padded first: with the least value for a maximum, with zeros for a sum. Sums over dilated windows
 * and counts of what was summed are convolutions with ones.
 */
final class Pooling {
  private Pooling() {}

  static void register(Rules.Table table) {
    table.several("MaxPool", Pooling::maxPool);
    table.single("AveragePool", Pooling::averagePool);
    table.single("LpPool", Pooling::lpPool);
    table.single("GlobalAveragePool", call -> call.in(0).mean(space(call), true, Call.sameType()));
    table.single("GlobalMaxPool", call -> call.in(0).amax(space(call), true));
    table.single("GlobalLpPool", Pooling::globalLpPool);
  }

  private static long[] space(Call call) {
    long[] axes = new long[(int) call.in(0).dim() - 2];
    Arrays.setAll(axes, axis -> axis + 2);
    return axes;
  }

  private static Tensor globalLpPool(Call call) {
    double p = call.node().integer("p", 2);
    Tensor powers = call.in(0).abs().pow(scalar(p));
    return powers.sum(space(call), true, Call.sameType()).pow(scalar(1 / p));
  }

  /** The window, with as much padding after as the rounding of the output's size asks for. */
  private static Window window(Call call, long[] sizes) {
    long[] kernel =
        call.node()
            .integers("kernel_shape")
            .orElseThrow(() -> call.invalid("attribute 'kernel_shape' is missing"));
    return Window.of(call, kernel, sizes);
  }

  /** How much the windows reach beyond the padded input, or fall short of it, on each axis. */
  private static long[] overhang(Call call, Window window, long[] sizes) {
    boolean ceil = call.flag("ceil_mode", false);
    boolean valid = call.node().text("auto_pad", "NOTSET").equals("VALID");
    long[] overhang = new long[sizes.length];
    for (int axis = 0; axis < sizes.length; axis++) {
      long stride = window.strides()[axis];
      long padded = sizes[axis] + window.before()[axis] + window.after()[axis];
      long steps = padded - window.extent(axis);
      if (steps < 0) {
        throw call.invalid(
            "a window of %d over %d positions, padding included"
                .formatted(window.extent(axis), padded));
      }
      long last = ceil && !valid ? Math.ceilDiv(steps, stride) : steps / stride;
      if (last * stride >= sizes[axis] + window.before()[axis]) {
        last--; // a window must begin on the input or on the padding before it
      }
      overhang[axis] = last * stride + window.extent(axis) - padded;
    }
    return overhang;
  }

  private static long[] padding(Window window, long[] overhang) {
    long[] padding = window.padding();
    for (int axis = 0; axis < overhang.length; axis++) {
      padding[2 * (overhang.length - 1 - axis) + 1] += overhang[axis];
    }
    return padding;
  }

  private static Tensor[] maxPool(Call call) {
    Tensor x = call.in(0);
    long[] sizes = Convolutions.spatial(x);
    Window window = window(call, sizes);
    long[] overhang = overhang(call, window, sizes);
    ScalarType type = x.scalar_type().intern();
    boolean exact = type == ScalarType.Float || type == ScalarType.Double;
    if (!exact) {
      x = x.to(ScalarType.Double);
    }
    boolean plain = window.isSymmetric() && Arrays.stream(overhang).allMatch(o -> o <= 0);
    for (int axis = 0; axis < window.rank(); axis++) {
      plain &= 2 * window.before()[axis] <= window.kernel()[axis];
    }
    if (plain && !call.wants(1) && window.rank() == 2) {
      Tensor y =
          torch.max_pool2d(
              x, window.kernel(), window.strides(), window.before(), window.dilations(), false);
      return new Tensor[] {exact ? y : y.to(type)};
    }
    Tensor padded =
        torch.constant_pad_nd(x, padding(window, overhang), scalar(Double.NEGATIVE_INFINITY));
    T_TensorTensor_T both = pool(padded, window);
    Tensor y = new Tensor(both.get0());
    Tensor places = new Tensor(both.get1());
    if (window.rank() == 1) {
      y = y.squeeze(2);
      places = places.squeeze(2);
    }
    return call.wants(1)
        ? new Tensor[] {exact ? y : y.to(type), places(call, places, padded, sizes, window)}
        : new Tensor[] {exact ? y : y.to(type)};
  }

  private static T_TensorTensor_T pool(Tensor x, Window window) {
    long[] none = new long[window.rank()];
    return switch (window.rank()) {
      case 1 ->
          torch.max_pool2d_with_indices(
              x.unsqueeze(2),
              new long[] {1, window.kernel()[0]},
              new long[] {1, window.strides()[0]},
              new long[] {0, 0},
              new long[] {1, window.dilations()[0]},
              false);
      case 2 ->
          torch.max_pool2d_with_indices(
              x, window.kernel(), window.strides(), none, window.dilations(), false);
      default ->
          torch.max_pool3d_with_indices(
              x, window.kernel(), window.strides(), none, window.dilations(), false);
    };
  }

  /**
   * Places within one padded plane as ONNX's places within the whole tensor: the coordinates are
   * taken apart, moved by the padding, and put together again.
   */
  private static Tensor places(Call call, Tensor flat, Tensor padded, long[] sizes, Window window) {
    long[] wide = Convolutions.spatial(padded);
    boolean columns = call.flag("storage_order", false);
    Tensor place = torch.zeros_like(flat);
    Tensor rest = flat;
    long[] strides = new long[sizes.length];
    long stride = 1;
    for (int k = 0; k < sizes.length; k++) {
      int axis = columns ? k : sizes.length - 1 - k;
      strides[axis] = stride;
      stride *= sizes[axis];
    }
    for (int axis = sizes.length - 1; axis >= 0; axis--) {
      Tensor coordinate = rest.remainder(scalar(wide[axis])).sub(scalar(window.before()[axis]));
      rest = rest.floor_divide(scalar(wide[axis]));
      place = place.add(coordinate.mul(scalar(strides[axis])));
    }
    long planes = flat.size(0) * flat.size(1);
    long[] shape = new long[(int) flat.dim()];
    Arrays.fill(shape, 1);
    shape[0] = flat.size(0);
    shape[1] = flat.size(1);
    Tensor start = torch.arange(scalar(planes), Call.options(ScalarType.Long));
    return place.add(start.mul(scalar(stride)).reshape(shape));
  }

  private static Tensor averagePool(Call call) {
    Tensor x = call.in(0);
    long[] sizes = Convolutions.spatial(x);
    Window window = window(call, sizes);
    long[] overhang = overhang(call, window, sizes);
    boolean countPadding = call.flag("count_include_pad", false);
    boolean plain =
        window.isSymmetric()
            && window.rank() == 2
            && Arrays.stream(overhang).allMatch(o -> o <= 0)
            && Arrays.stream(window.dilations()).allMatch(d -> d == 1);
    for (int axis = 0; axis < window.rank(); axis++) {
      plain &= 2 * window.before()[axis] <= window.kernel()[axis];
    }
    if (plain) {
      return torch.avg_pool2d(
          x,
          window.kernel(),
          window.strides(),
          window.before(),
          false,
          countPadding,
          new LongOptional());
    }
    long[] one = sizes.clone();
    long[] shape = new long[sizes.length + 2];
    Arrays.fill(shape, 1);
    System.arraycopy(one, 0, shape, 2, one.length);
    Tensor counted = Call.full(shape, scalar(1.0), x.scalar_type());
    if (countPadding) {
      counted = torch.constant_pad_nd(counted, window.padding(), scalar(1.0));
      long[] beyond = new long[2 * sizes.length];
      for (int axis = 0; axis < sizes.length; axis++) {
        beyond[2 * (sizes.length - 1 - axis) + 1] = overhang[axis];
      }
      counted = torch.constant_pad_nd(counted, beyond, scalar(0.0));
    } else {
      counted = torch.constant_pad_nd(counted, padding(window, overhang), scalar(0.0));
    }
    return sums(x, window, overhang).div(sums(counted, window));
  }

  private static Tensor lpPool(Call call) {
    Tensor x = call.in(0);
    double p = call.node().integer("p", 2);
    long[] sizes = Convolutions.spatial(x);
    Window window = window(call, sizes);
    Tensor powers = x.abs().pow(scalar(p));
    return sums(powers, window, overhang(call, window, sizes)).pow(scalar(1 / p));
  }

  private static Tensor sums(Tensor x, Window window, long[] overhang) {
    return sums(torch.constant_pad_nd(x, padding(window, overhang), scalar(0.0)), window);
  }

  /** The sum over each window of an input that is already padded. */
  private static Tensor sums(Tensor x, Window window) {
    long[] shape = Libtorch.shape(x);
    long[] planes = shape.clone();
    planes[0] = shape[0] * shape[1];
    planes[1] = 1;
    long[] kernel = new long[shape.length];
    Arrays.fill(kernel, 1);
    System.arraycopy(window.kernel(), 0, kernel, 2, window.rank());
    Tensor y =
        torch.convolution(
            x.reshape(planes),
            Call.full(kernel, scalar(1.0), x.scalar_type()),
            new TensorOptional(),
            window.strides(),
            new long[window.rank()],
            window.dilations(),
            false,
            new long[window.rank()],
            1);
    long[] out = Libtorch.shape(y);
    out[0] = shape[0];
    out[1] = shape[1];
    return y.reshape(out);
  }
}
