package org.espalier.graph.infer;

import java.util.Map;
import java.util.Optional;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;

/**
 * Elementwise operators that shapes are computed with: they carry their elements along, as far as
 * these are known. An element that can't be told is null.
 */
final class Arithmetic {
  private Arithmetic() {}

  static void addTo(Map<String, Rule> rules) {
    rules.put("Add", call -> binary(call, call.element(0), Size::plus));
    rules.put("Sub", call -> binary(call, call.element(0), Size::minus));
    rules.put("Mul", call -> binary(call, call.element(0), Size::times));
    rules.put("Div", Arithmetic::divide);
    rules.put("Mod", Arithmetic::modulo);
    rules.put("Max", call -> binary(call, call.element(0), Size::max));
    rules.put("Min", call -> binary(call, call.element(0), Size::min));
    rules.put("Equal", call -> compare(call, Arithmetic::equal));
    rules.put("Less", call -> compare(call, (a, b) -> not(atLeast(a, b))));
    rules.put("LessOrEqual", call -> compare(call, (a, b) -> atLeast(b, a)));
    rules.put("Greater", call -> compare(call, (a, b) -> not(atLeast(b, a))));
    rules.put("GreaterOrEqual", call -> compare(call, (a, b) -> atLeast(a, b)));
    rules.put("And", call -> compare(call, Size::times));
    rules.put("Or", call -> compare(call, Size::max));
    rules.put("Xor", call -> compare(call, (a, b) -> not(equal(a, b))));
    rules.put("Not", call -> unary(call, DataType.BOOL, Arithmetic::not));
    rules.put("Neg", call -> unary(call, call.element(0), a -> a.times(-1)));
    rules.put("Abs", call -> unary(call, call.element(0), Arithmetic::absolute));
    rules.put("Sign", call -> unary(call, call.element(0), Arithmetic::sign));
    // Whole numbers, which are all that is followed, stay what they are.
    rules.put("Floor", call -> unary(call, call.element(0), a -> a));
    rules.put("Ceil", call -> unary(call, call.element(0), a -> a));
    rules.put("Cast", Arithmetic::cast);
    rules.put("Identity", Arithmetic::identity);
    rules.put("Where", Arithmetic::where);
  }

  private static void unary(Call call, DataType element, UnaryOperator<Size> operator) {
    call.element(0, element);
    call.dims(0, call.dims(0));
    call.entries(0)
        .ifPresent(
            in -> {
              var out = new Size[in.length];
              for (int k = 0; k < in.length; k++) {
                out[k] = combine(in[k], in[k], (a, _) -> operator.apply(a));
              }
              call.entries(0, out);
            });
  }

  private static void compare(Call call, BinaryOperator<Size> operator) {
    binary(call, DataType.BOOL, operator);
  }

  private static void binary(Call call, DataType element, BinaryOperator<Size> operator) {
    call.element(0, element);
    Dims dims = Elementwise.broadcast(call);
    call.dims(0, dims);
    Optional<Size[]> known = spread(call, 0, dims);
    for (int k = 1; k < call.inputs() && known.isPresent(); k++) {
      Size[] a = known.get();
      known = spread(call, k, dims).map(b -> combine(a, b, operator));
    }
    known.ifPresent(entries -> call.entries(0, entries));
  }

  private static Size[] combine(Size[] a, Size[] b, BinaryOperator<Size> operator) {
    var out = new Size[a.length];
    for (int k = 0; k < out.length; k++) {
      out[k] = combine(a[k], b[k], operator);
    }
    return out;
  }

  private static Size combine(Size a, Size b, BinaryOperator<Size> operator) {
    if (a == null || b == null) {
      return null;
    }
    try {
      return operator.apply(a, b);
    } catch (ArithmeticException overflow) {
      return null; // data wrap around, which sizes don't
    }
  }

  /** The elements of an input, repeated to fill {@code dims}. */
  private static Optional<Size[]> spread(Call call, int input, Dims dims) {
    if (!dims.isFixed() || dims.elements().fixed() > Contents.LIMIT) {
      return Optional.empty();
    }
    return call.entries(input)
        .map(in -> Entries.expand(in, call.dims(input).fixed(), dims.fixed()));
  }

  private static void divide(Call call) {
    DataType element = call.element(0);
    boolean whole = element != null && element.isInteger();
    binary(call, element, (a, b) -> quotient(a, b, whole));
  }

  /** ONNX's integers divide towards zero; for sizes that is down. */
  private static Size quotient(Size a, Size b, boolean whole) {
    if (b.is(0)) {
      return null;
    }
    if (a.isFixed() && b.isFixed() && whole) {
      return Size.of(a.fixed() / b.fixed());
    }
    if (whole && a.lower() >= 0 && b.lower() > 0) {
      return a.floorDiv(b);
    }
    return a.over(b).orElse(null);
  }

  private static void modulo(Call call) {
    boolean likeC = call.node().integer("fmod", 0) != 0;
    binary(
        call,
        call.element(0),
        (a, b) -> b.is(0) || (likeC && (a.lower() < 0 || b.lower() <= 0)) ? null : a.floorMod(b));
  }

  private static Size equal(Size a, Size b) {
    if (a.equals(b)) {
      return Size.ONE;
    }
    return a.isMoreThan(b) || b.isMoreThan(a) ? Size.ZERO : null;
  }

  private static Size atLeast(Size a, Size b) {
    if (a.isAtLeast(b)) {
      return Size.ONE;
    }
    return b.isMoreThan(a) ? Size.ZERO : null;
  }

  private static Size not(Size flag) {
    return flag == null ? null : Size.ONE.minus(flag);
  }

  private static Size absolute(Size a) {
    return a.positive().plus(a.times(-1).positive());
  }

  private static Size sign(Size a) {
    if (a.isFixed()) {
      return Size.of(Long.signum(a.fixed()));
    }
    return a.lower() > 0 ? Size.ONE : null;
  }

  private static void cast(Call call) {
    DataType from = call.element(0);
    DataType to =
        call.node().attribute("to").orElse(null) instanceof Attribute.IntValue
            ? call.elementAttribute("to", null)
            : null;
    if (to == null) {
      throw call.error("attribute 'to' is missing");
    }
    call.element(0, to);
    call.dims(0, call.dims(0));
    if (to == DataType.BOOL) {
      call.entries(0)
          .filter(in -> from != null && (from.isInteger() || from == DataType.BOOL))
          .ifPresent(in -> unary(call, to, a -> not(equal(a, Size.ZERO))));
    } else if (carriesWhole(from) && carriesWhole(to)) {
      call.entries(0).filter(in -> fit(in, to)).ifPresent(in -> call.entries(0, in));
    }
  }

  private static boolean carriesWhole(DataType type) {
    return switch (type) {
      case BOOL, INT32, INT64, FLOAT, DOUBLE -> true;
      case null, default -> false;
    };
  }

  /** Whether the cast leaves all elements what they are; sizes are taken to fit 32 bits. */
  private static boolean fit(Size[] entries, DataType to) {
    for (Size entry : entries) {
      if (entry != null && entry.isFixed()) {
        long value = entry.fixed();
        boolean fits =
            switch (to) {
              case FLOAT -> (long) (float) value == value;
              case INT32 -> (int) value == value;
              default -> true;
            };
        if (!fits) {
          return false;
        }
      }
    }
    return true;
  }

  private static void identity(Call call) {
    call.set(0, call.fact(0));
    call.dims(0);
  }

  private static void where(Call call) {
    call.element(0, call.element(1));
    Dims dims = Elementwise.broadcast(call);
    call.dims(0, dims);
    Optional<Size[]> condition = spread(call, 0, dims);
    Optional<Size[]> yes = spread(call, 1, dims);
    Optional<Size[]> no = spread(call, 2, dims);
    if (condition.isEmpty() || yes.isEmpty() || no.isEmpty()) {
      return;
    }
    var out = new Size[condition.get().length];
    for (int k = 0; k < out.length; k++) {
      Size flag = condition.get()[k];
      Size a = yes.get()[k];
      Size b = no.get()[k];
      if (flag != null && flag.isFixed()) {
        out[k] = flag.is(0) ? b : a;
      } else {
        out[k] = a != null && a.equals(b) ? a : null;
      }
    }
    call.entries(0, out);
  }
}
