package org.espalier.graph.eval;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import org.espalier.graph.Bytes;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/**
 * Lets operators that only move elements do so with strings and with types under eight bits:
 * strings travel as positions in a list, packed elements as a byte each.
 */
final class Carrier {
  private Carrier() {}

  /** {@code rule}, which moves elements of the inputs {@code moved} to all its outputs. */
  static Rule moving(Rule rule, IntPredicate moved) {
    return call -> {
      DataType type = null;
      for (int k = 0; k < call.inputs().size(); k++) {
        Tensor input = call.inputs().get(k);
        if (input != null && moved.test(k)) {
          if (type != null && type != input.type()) {
            throw call.invalid(
                "input %d is %s, expected %s as before it".formatted(k, input, type));
          }
          type = input.type();
        }
      }
      if (type == null) {
        throw call.invalid("no input");
      }
      if (type == DataType.STRING) {
        return strings(rule, moved, call);
      }
      return type.bits() < 8 ? packed(rule, moved, call, type) : rule.apply(call);
    };
  }

  /** {@code rule}, which moves elements of the first input. */
  static Rule moving(Rule rule) {
    return moving(rule, index -> index == 0);
  }

  private static List<Tensor> strings(Rule rule, IntPredicate moved, Call call) {
    var pool = new ArrayList<Bytes>();
    var inputs = new ArrayList<>(call.inputs());
    for (int k = 0; k < inputs.size(); k++) {
      Tensor input = inputs.get(k);
      if (input != null && moved.test(k)) {
        Tensor positions = Tensor.allocate(DataType.INT64, input.dims());
        for (long j = 0; j < positions.size(); j++) {
          positions.data().setAtIndex(Lanes.LONG, j, pool.size() + j);
        }
        pool.addAll(input.strings());
        inputs.set(k, positions);
      }
    }
    return rule.apply(new Call(call.node(), inputs)).stream()
        .map(output -> strings(pool, output))
        .toList();
  }

  private static Tensor strings(List<Bytes> pool, Tensor positions) {
    var strings = new ArrayList<Bytes>();
    for (long position : positions.integers()) {
      strings.add(pool.get((int) position));
    }
    return positions.rank() == 0
        ? Tensor.ofStrings(strings, 1).reshape()
        : Tensor.ofStrings(strings, positions.dims());
  }

  private static List<Tensor> packed(Rule rule, IntPredicate moved, Call call, DataType type) {
    var inputs = new ArrayList<>(call.inputs());
    for (int k = 0; k < inputs.size(); k++) {
      if (inputs.get(k) != null && moved.test(k)) {
        inputs.set(k, unpacked(inputs.get(k)));
      }
    }
    return rule.apply(new Call(call.node(), inputs)).stream()
        .map(output -> packed(output, type))
        .toList();
  }

  /** One byte for each element, with the element's bits as they are. */
  static Tensor unpacked(Tensor tensor) {
    Tensor bits = Tensor.of(unsigned(tensor.type().bits()), tensor.dims(), tensor.data());
    Tensor bytes = Tensor.allocate(DataType.UINT8, tensor.dims());
    for (long k = 0; k < bytes.size(); k++) {
      Lanes.store(bytes, k, bits.integerAt(k));
    }
    return bytes;
  }

  private static Tensor packed(Tensor bytes, DataType type) {
    Tensor packed = Tensor.allocate(type, bytes.dims());
    for (long k = 0; k < bytes.size(); k++) {
      Lanes.store(packed, k, bytes.integerAt(k));
    }
    return packed;
  }

  /** The unsigned integer type of this many bits. */
  static DataType unsigned(int bits) {
    return switch (bits) {
      case 2 -> DataType.UINT2;
      case 4 -> DataType.UINT4;
      case 8 -> DataType.UINT8;
      case 16 -> DataType.UINT16;
      case 32 -> DataType.UINT32;
      case 64 -> DataType.UINT64;
      default -> throw new IllegalArgumentException(bits + " bits");
    };
  }
}
