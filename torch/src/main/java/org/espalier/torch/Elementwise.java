package org.espalier.torch;

import static org.espalier.torch.Call.scalar;

import java.util.Arrays;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.espalier.graph.DataType;
import org.espalier.graph.InvalidInputException;

/** Arithmetic, element by element, with ONNX's broadcasting, which is libtorch's. */
final class Elementwise {
  private Elementwise() {}

  static void register(Rules.Table table) {
    unary(table, "Abs", Tensor::abs);
    unary(table, "Acos", Tensor::acos);
    unary(table, "Acosh", Tensor::acosh);
    unary(table, "Asin", Tensor::asin);
    unary(table, "Asinh", Tensor::asinh);
    unary(table, "Atan", Tensor::atan);
    unary(table, "Atanh", Tensor::atanh);
    unary(table, "Ceil", Tensor::ceil);
    unary(table, "Cos", Tensor::cos);
    unary(table, "Cosh", Tensor::cosh);
    unary(table, "Erf", Tensor::erf);
    unary(table, "Exp", Tensor::exp);
    unary(table, "Floor", Tensor::floor);
    unary(table, "Log", Tensor::log);
    unary(table, "Neg", Tensor::neg);
    unary(table, "Reciprocal", Tensor::reciprocal);
    unary(table, "Round", Tensor::round);
    unary(table, "Sign", Tensor::sign);
    unary(table, "Sin", Tensor::sin);
    unary(table, "Sinh", Tensor::sinh);
    unary(table, "Sqrt", Tensor::sqrt);
    unary(table, "Tan", Tensor::tan);

    binary(table, "Add", Tensor::add);
    binary(table, "Sub", Tensor::sub);
    binary(table, "Mul", Tensor::mul);
    binary(table, "Div", Elementwise::divide);
    table.single("Mod", Elementwise::mod);
    table.single("Pow", Elementwise::pow);
    variadic(table, "Max", torch::maximum);
    variadic(table, "Min", torch::minimum);
    variadic(table, "Sum", Tensor::add);
    table.single(
        "Mean", call -> fold(call, Tensor::add).div(scalar((double) call.inputs().size())));
    table.single("Cast", call -> cast(call.in(0), call.node().integer("to", 1)));
    table.single("CastLike", call -> call.in(0).to(call.in(1).scalar_type()));
    table.single(
        "BitCast", call -> call.in(0).view(Libtorch.type(type(call.node().integer("to", 1)))));
    table.single("Where", call -> torch.where(call.in(0), call.in(1), call.in(2)));
    table.single("Clip", Elementwise::clip);
  }

  private static void unary(Rules.Table table, String op, UnaryOperator<Tensor> function) {
    table.single(op, call -> function.apply(call.in(0)));
  }

  private static void binary(Rules.Table table, String op, BinaryOperator<Tensor> function) {
    table.single(op, call -> function.apply(call.in(0), call.in(1)));
  }

  private static void variadic(Rules.Table table, String op, BinaryOperator<Tensor> function) {
    table.single(op, call -> fold(call, function));
  }

  private static Tensor fold(Call call, BinaryOperator<Tensor> function) {
    Tensor result = call.in(0);
    for (int k = 1; k < call.inputs().size(); k++) {
      result = function.apply(result, call.in(k));
    }
    return result;
  }

  /** Integers are divided towards zero, as in C. */
  static Tensor divide(Tensor a, Tensor b) {
    return a.is_floating_point() ? a.div(b) : a.sub(torch.fmod(a, b)).floor_divide(b);
  }

  private static Tensor mod(Call call) {
    Tensor a = call.in(0);
    Tensor b = call.in(1);
    return call.flag("fmod", false) ? torch.fmod(a, b) : torch.remainder(a, b);
  }

  /** The base decides the type of the result, whatever the exponent's. */
  private static Tensor pow(Call call) {
    Tensor base = call.in(0);
    Tensor exponent = call.in(1);
    if (base.is_floating_point() && exponent.numel() == 1 && !exponent.requires_grad()) {
      // A known exponent has a plain derivative; a tensor's asks for the logarithm of the base.
      Tensor power = torch.pow(base, exponent.item());
      return exponent.dim() > base.dim() ? power.reshape(broadcast(power, exponent.dim())) : power;
    }
    return torch.pow(base, exponent).to(base.scalar_type());
  }

  private static long[] broadcast(Tensor tensor, long rank) {
    long[] shape = new long[(int) rank];
    Arrays.fill(shape, 1);
    long[] own = Libtorch.shape(tensor);
    System.arraycopy(own, 0, shape, shape.length - own.length, own.length);
    return shape;
  }

  static Tensor cast(Tensor tensor, long code) {
    return tensor.to(Libtorch.type(type(code)));
  }

  static DataType type(long code) {
    return DataType.ofCode(code)
        .orElseThrow(() -> new InvalidInputException("no element type has code " + code));
  }

  private static Tensor clip(Call call) {
    Tensor x = call.in(0);
    boolean learnt =
        (call.has(1) && call.in(1).requires_grad()) || (call.has(2) && call.in(2).requires_grad());
    if (call.has(1) && call.has(2) && x.is_floating_point() && !learnt) {
      double low = call.real(1);
      double high = call.real(2);
      if (low <= high) {
        return torch.hardtanh(x, scalar(low), scalar(high));
      }
    }
    Tensor result = x;
    if (call.has(1)) {
      result = torch.maximum(result, call.in(1).to(x.scalar_type()));
    }
    if (call.has(2)) {
      result = torch.minimum(result, call.in(2).to(x.scalar_type()));
    }
    return result;
  }
}
