package org.espalier.graph.eval;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.espalier.graph.Bytes;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/** Conversions between element types. */
final class Casting {
  private Casting() {}

  static void register(Map<String, Rule> rules) {
    rules.put("Cast", call -> List.of(cast(call, call.type("to", null))));
    rules.put("CastLike", call -> List.of(cast(call, call.input(1).type())));
    rules.put("BitCast", Casting::bitCast);
  }

  private static Tensor cast(Call call, DataType to) {
    if (to == null) {
      throw call.invalid("no attribute 'to'");
    }
    Tensor x = call.input(0);
    if (isComplex(x.type()) || isComplex(to)) {
      throw call.unsupported("cast from %s to %s".formatted(x.type(), to));
    }
    boolean saturate = call.node().integer("saturate", 1) != 0;
    if (x.type() == to) {
      return x;
    }
    if (to.isFloat() && to.bits() == 8) {
      Tensor reals = x.type() == DataType.STRING ? parse(call, x, DataType.DOUBLE) : x;
      return small(reals, to, saturate, call.node().text("round_mode", "up"));
    }
    if (x.type() == DataType.STRING) {
      return parse(call, x, to);
    }
    return to == DataType.STRING ? print(x) : cast(x, to);
  }

  /**
   * Real numbers as eight-bit floats; what is too large becomes the largest if {@code saturate}.
   */
  static Tensor small(Tensor x, DataType to, boolean saturate, String roundMode) {
    Tensor y = Tensor.allocate(to, x.dims());
    for (long k = 0; k < x.size(); k++) {
      int code =
          to == DataType.FLOAT8E8M0
              ? SmallFloats.encodeE8M0(x.realAt(k), roundMode, saturate)
              : SmallFloats.encode(to, x.realAt(k), saturate);
      Lanes.store(y, k, code);
    }
    return y;
  }

  private static boolean isComplex(DataType type) {
    return type == DataType.COMPLEX64 || type == DataType.COMPLEX128;
  }

  /** {@code x}, a tensor of numbers or booleans, in another such type. */
  static Tensor cast(Tensor x, DataType to) {
    if (x.type() == to) {
      return x;
    }
    Tensor y = Tensor.allocate(to, x.dims());
    if (x.type().isFloat() || (x.type() == DataType.UINT64 && to.isFloat())) {
      double[] lane = new double[Lanes.LENGTH];
      Lanes.each(
          x.size(),
          (from, n) -> {
            Lanes.read(x, from, 1, lane, n);
            Lanes.write(y, from, lane, n);
          });
    } else {
      long[] lane = new long[Lanes.LENGTH];
      Lanes.each(
          x.size(),
          (from, n) -> {
            Lanes.read(x, from, 1, lane, n);
            Lanes.write(y, from, lane, n);
          });
    }
    return y;
  }

  private static Tensor parse(Call call, Tensor x, DataType to) {
    Tensor y = Tensor.allocate(to, x.dims());
    for (int k = 0; k < x.size(); k++) {
      String text = x.strings().get(k).toString().strip();
      try {
        if (to.isInteger() && text.matches("[+-]?[0-9]+")) {
          Lanes.write(y, k, new long[] {new BigInteger(text).longValue()}, 1);
        } else {
          Lanes.write(y, k, new double[] {real(text)}, 1);
        }
      } catch (NumberFormatException notNumber) {
        throw call.invalid("element %d is '%s', expected a number".formatted(k, text));
      }
    }
    return y;
  }

  private static double real(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "inf", "+inf" -> Double.POSITIVE_INFINITY;
      case "-inf" -> Double.NEGATIVE_INFINITY;
      case "nan", "+nan", "-nan" -> Double.NaN;
      default -> Double.parseDouble(text);
    };
  }

  private static Tensor print(Tensor x) {
    var strings = new ArrayList<Bytes>();
    for (long k = 0; k < x.size(); k++) {
      strings.add(Bytes.utf8(print(x, k)));
    }
    return x.rank() == 0
        ? Tensor.ofStrings(strings, 1).reshape()
        : Tensor.ofStrings(strings, x.dims());
  }

  private static String print(Tensor x, long index) {
    if (!x.type().isFloat()) {
      return x.type() == DataType.UINT64
          ? Long.toUnsignedString(x.integerAt(index))
          : Long.toString(x.integerAt(index));
    }
    double value = x.realAt(index);
    if (Double.isNaN(value)) {
      return "NaN";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "INF" : "-INF";
    }
    return x.type() == DataType.DOUBLE ? Double.toString(value) : Float.toString((float) value);
  }

  private static List<Tensor> bitCast(Call call) {
    Tensor x = call.input(0);
    DataType to = call.type("to", null);
    if (to == null || x.type().bits() != to.bits() || to == DataType.STRING) {
      throw call.invalid("%s can't be read as %s".formatted(x, to));
    }
    return List.of(Tensor.of(to, x.dims(), x.data()));
  }
}
