package org.espalier.torch;

import static org.espalier.torch.Call.scalar;

import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Shapes, and values moved without change: nothing here does arithmetic on elements. */
final class Movement {
  private Movement() {}

  static void register(Rules.Table table) {
    table.single("Identity", call -> call.in(0));
    table.single("Reshape", Movement::reshape);
    table.single("Flatten", Movement::flatten);
    table.single("Transpose", Movement::transpose);
    table.single("Squeeze", Movement::squeeze);
    table.single("Unsqueeze", Movement::unsqueeze);
    table.single("Concat", Movement::concat);
    table.several("Split", Movement::split);
    table.single("Slice", Slices::slice);
    table.single("Pad", Padding::pad);
    table.single("Expand", Movement::expand);
    table.single("Tile", call -> call.in(0).repeat(call.longs(1)));
    table.single("DepthToSpace", Movement::depthToSpace);
    table.single("SpaceToDepth", Movement::spaceToDepth);
    table.single("Shape", Movement::shape);
    table.single(
        "Size",
        call ->
            torch.scalar_tensor(scalar(call.in(0).numel()), Call.options(torch.ScalarType.Long)));
    table.single("Trilu", Movement::trilu);
  }

  /** 0 copies a size and -1 stands for what remains. */
  private static Tensor reshape(Call call) {
    Tensor x = call.in(0);
    long[] shape = call.longs(1);
    if (!call.flag("allowzero", false)) {
      for (int axis = 0; axis < shape.length; axis++) {
        if (shape[axis] == 0) {
          if (axis >= x.dim()) {
            throw call.invalid(
                "shape %s copies axis %d of an input of rank %d"
                    .formatted(Arrays.toString(shape), axis, x.dim()));
          }
          shape[axis] = x.size(axis);
        }
      }
    }
    if (Arrays.stream(shape).anyMatch(size -> size == 0)) {
      return x.reshape(Arrays.stream(shape).map(size -> Math.max(size, 0)).toArray());
    }
    return x.reshape(shape);
  }

  private static Tensor flatten(Call call) {
    Tensor x = call.in(0);
    long axis = call.node().integer("axis", 1);
    axis = axis < 0 ? axis + x.dim() : axis;
    long rows = 1;
    long columns = 1;
    for (int k = 0; k < x.dim(); k++) {
      if (k < axis) {
        rows *= x.size(k);
      } else {
        columns *= x.size(k);
      }
    }
    return x.reshape(rows, columns);
  }

  private static Tensor transpose(Call call) {
    Tensor x = call.in(0);
    long[] reversed = new long[(int) x.dim()];
    Arrays.setAll(reversed, axis -> reversed.length - 1 - axis);
    return x.permute(call.node().integers("perm").orElse(reversed));
  }

  private static Tensor squeeze(Call call) {
    return call.has(1) ? call.in(0).squeeze(call.longs(1)) : call.in(0).squeeze();
  }

  private static Tensor unsqueeze(Call call) {
    Tensor x = call.in(0);
    long[] axes = call.longs(1);
    long rank = x.dim() + axes.length;
    for (int k = 0; k < axes.length; k++) {
      axes[k] = call.axis(axes[k], rank);
    }
    Arrays.sort(axes);
    for (long axis : axes) {
      x = x.unsqueeze(axis);
    }
    return x;
  }

  private static Tensor concat(Call call) {
    int axis = call.axis("axis", 0, call.in(0).dim());
    return torch.cat(new TensorVector(call.inputs().toArray(Tensor[]::new)), axis);
  }

  private static Tensor[] split(Call call) {
    Tensor x = call.in(0);
    int axis = call.axis("axis", 0, x.dim());
    long[] sizes = call.has(1) ? call.longs(1) : equalParts(call, x.size(axis));
    Tensor[] parts = new Tensor[sizes.length];
    long start = 0;
    for (int k = 0; k < sizes.length; k++) {
      parts[k] = x.narrow(axis, start, sizes[k]);
      start += sizes[k];
    }
    return parts;
  }

  /** Equal parts, the last one smaller where it doesn't come out even. */
  private static long[] equalParts(Call call, long size) {
    int parts = (int) call.node().integer("num_outputs", call.node().outputs().size());
    long each = Math.ceilDiv(size, parts);
    long[] sizes = new long[parts];
    for (int k = 0; k < parts; k++) {
      sizes[k] = Math.clamp(size - k * each, 0, each);
    }
    return sizes;
  }

  private static Tensor expand(Call call) {
    Tensor x = call.in(0);
    long[] asked = call.longs(1);
    int rank = (int) Math.max(asked.length, x.dim());
    long[] shape = new long[rank];
    for (int axis = 0; axis < rank; axis++) {
      int given = axis - (rank - asked.length);
      int own = axis - (rank - (int) x.dim());
      long size = own < 0 ? 1 : x.size(own);
      shape[axis] = given < 0 || asked[given] == 1 ? size : asked[given];
    }
    return x.expand(shape);
  }

  private static Tensor depthToSpace(Call call) {
    Tensor x = call.in(0);
    long b = call.node().integer("blocksize", 1);
    long n = x.size(0);
    long c = x.size(1) / (b * b);
    long h = x.size(2);
    long w = x.size(3);
    Tensor apart =
        call.node().text("mode", "DCR").equals("CRD")
            ? x.reshape(n, c, b, b, h, w).permute(0, 1, 4, 2, 5, 3)
            : x.reshape(n, b, b, c, h, w).permute(0, 3, 4, 1, 5, 2);
    return apart.reshape(n, c, h * b, w * b);
  }

  private static Tensor spaceToDepth(Call call) {
    Tensor x = call.in(0);
    long b = call.node().integer("blocksize", 1);
    long n = x.size(0);
    long c = x.size(1);
    long h = x.size(2) / b;
    long w = x.size(3) / b;
    Tensor apart = x.reshape(n, c, h, b, w, b);
    Tensor joined =
        call.node().text("mode", "DCR").equals("CRD")
            ? apart.permute(0, 1, 3, 5, 2, 4)
            : apart.permute(0, 3, 5, 1, 2, 4);
    return joined.reshape(n, c * b * b, h, w);
  }

  private static Tensor shape(Call call) {
    long[] shape = Libtorch.shape(call.in(0));
    int start = bound(call.node().integer("start", 0), shape.length);
    int end = bound(call.node().integer("end", shape.length), shape.length);
    return Call.vector(Arrays.copyOfRange(shape, start, Math.max(start, end)));
  }

  private static int bound(long index, int length) {
    return Math.clamp(index < 0 ? index + length : index, 0, length);
  }

  private static Tensor trilu(Call call) {
    long diagonal = call.has(1) ? call.integer(1) : 0;
    return call.flag("upper", true) ? call.in(0).triu(diagonal) : call.in(0).tril(diagonal);
  }
}
