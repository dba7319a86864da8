package org.espalier.torch;

import static org.espalier.torch.Call.scalar;

import java.util.Arrays;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.graph.DataType;

/** Elements chosen by their values, and tensors made from numbers. */
final class Selection {
  private Selection() {}

  static void register(Rules.Table table) {
    table.several("TopK", Selection::topK);
    table.single("NonZero", call -> call.in(0).nonzero().t());
    table.single("Compress", Selection::compress);
    table.single("OneHot", Selection::oneHot);
    table.single("Range", Selection::range);
    table.single("ConstantOfShape", Selection::constantOfShape);
    table.single("EyeLike", Selection::eyeLike);
  }

  /** Equal elements come in the order of their places, so this is a stable sort. */
  private static Tensor[] topK(Call call) {
    Tensor x = call.in(0);
    int axis = call.axis("axis", -1, x.dim());
    long count = call.integer(1);
    if (count < 0 || count > x.size(axis)) {
      throw call.invalid("the top %d of %d elements".formatted(count, x.size(axis)));
    }
    T_TensorTensor_T sorted =
        torch.sort(x, new BoolOptional(true), axis, call.flag("largest", true));
    return new Tensor[] {
      sorted.get0().narrow(axis, 0, count), sorted.get1().narrow(axis, 0, count)
    };
  }

  private static Tensor compress(Call call) {
    Tensor x = call.node().has("axis") ? call.in(0) : call.in(0).reshape(-1);
    int axis = call.axis("axis", 0, x.dim());
    Tensor places = call.in(1).nonzero().reshape(-1);
    return x.index_select(axis, places);
  }

  private static Tensor oneHot(Call call) {
    Tensor indices = call.in(0);
    long depth = (long) call.real(1);
    Tensor values = call.in(2);
    long rank = indices.dim() + 1;
    int axis = call.axis("axis", -1, rank);
    long[] shape = new long[(int) rank];
    Arrays.fill(shape, 1);
    shape[axis] = depth;
    Tensor classes = torch.arange(scalar(depth), Call.options(ScalarType.Long)).reshape(shape);
    Tensor hot = Gathering.fromStart(indices, depth).unsqueeze(axis).eq(classes);
    return torch.where(hot, values.select(0, 1), values.select(0, 0));
  }

  private static Tensor range(Call call) {
    Tensor start = call.in(0);
    ScalarType type = start.scalar_type();
    if (!start.is_floating_point()) {
      long from = call.integer(0);
      long step = call.integer(2);
      long count = Math.max(0, Math.ceilDiv(call.integer(1) - from, step));
      return torch
          .arange(scalar(count), Call.options(ScalarType.Long))
          .mul(scalar(step))
          .add(scalar(from))
          .to(type);
    }
    double from = call.real(0);
    double step = call.real(2);
    long count = (long) Math.max(0, Math.ceil((call.real(1) - from) / step));
    return torch
        .arange(scalar(count), Call.options(ScalarType.Double))
        .mul(scalar(step))
        .add(scalar(from))
        .to(type);
  }

  private static Tensor constantOfShape(Call call) {
    long[] shape = call.longs(0);
    org.espalier.graph.Tensor value =
        call.node().tensor("value").orElseGet(() -> org.espalier.graph.Tensor.scalar(0f));
    return Libtorch.view(value).reshape(new long[0]).expand(shape).clone();
  }

  private static Tensor eyeLike(Call call) {
    Tensor x = call.in(0);
    long shift = call.node().integer("k", 0);
    Tensor rows = torch.arange(scalar(x.size(0)), Call.options(ScalarType.Long)).unsqueeze(1);
    Tensor columns = torch.arange(scalar(x.size(1)), Call.options(ScalarType.Long));
    Tensor eye = columns.sub(rows).eq(scalar(shift));
    return call.node().has("dtype")
        ? Elementwise.cast(eye, call.node().integer("dtype", DataType.FLOAT.code()))
        : eye.to(x.scalar_type());
  }
}
