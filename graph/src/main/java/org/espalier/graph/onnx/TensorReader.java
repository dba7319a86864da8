package org.espalier.graph.onnx;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.espalier.graph.Bytes;
import org.espalier.graph.DataType;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Malformed;
import org.espalier.graph.Tensor;

/**
 * Reads a {@code TensorProto}, whichever of its fields holds the data.
 *
 * <p>{@code raw_data}, packed {@code float_data} and {@code double_data} and external data are the
 * tensor's own layout and are not copied. Other fields hold varints, which are counted against the
 * shape before anything is allocated.
 */
final class TensorReader {
  private static final int EXTERNAL = 1;

  private final ExternalFiles files;
  private final List<Long> dims = new ArrayList<>();
  private final Payload raw = new Payload();
  private final Payload floats = new Payload();
  private final Payload ints = new Payload();
  private final Payload longs = new Payload();
  private final Payload doubles = new Payload();
  private final Payload unsigned = new Payload();
  private final List<Bytes> strings = new ArrayList<>();
  private final Map<String, String> external = new TreeMap<>();
  private final DetailsReader details = new DetailsReader();
  private long location;
  private long code;
  private String name = "";
  private boolean segmented;

  TensorReader(ExternalFiles files) {
    this.files = files;
  }

  TensorReader read(WireReader in) {
    while (in.next()) {
      switch (in.field()) {
        case 1 -> in.integers("dims", dims::add);
        case 2 -> code = in.varint("data_type");
        case 3 -> {
          segmented = true;
          details.keep(in);
        }
        case 4 -> floats.add(in.fixed("float_data", 4));
        case 5 -> ints.add(in.varints("int32_data"));
        case 6 -> strings.add(in.bytes("string_data"));
        case 7 -> longs.add(in.varints("int64_data"));
        case 8 -> name = in.text("name");
        case 9 -> raw.add(in.segment("raw_data"));
        case 10 -> doubles.add(in.fixed("double_data", 8));
        case 11 -> unsigned.add(in.varints("uint64_data"));
        case 12 -> details.doc(in);
        case 13 -> {
          var entry =
              DetailsReader.Entry.read(in.message("external_data", "StringStringEntryProto"));
          external.put(entry.key(), entry.value());
        }
        case 14 -> location = in.varint("data_location");
        case 16 -> details.metadata(in);
        default -> details.keep(in);
      }
    }
    return this;
  }

  String name() {
    return name;
  }

  Tensor tensor() {
    Tensor tensor = name.isEmpty() ? make() : Malformed.at("tensor '" + name + "'", this::make);
    return tensor.withDetails(details.details());
  }

  /** The tensor, its name kept among its details: for tensors that nothing refers to by name. */
  Tensor named() {
    Tensor tensor = tensor();
    if (!name.isEmpty()) {
      details.keepText(8, name);
    }
    return tensor.withDetails(details.details());
  }

  private Tensor make() {
    if (segmented) {
      throw new InvalidInputException("is stored in segments, which ONNX doesn't define");
    }
    DataType type =
        DataType.ofCode(code)
            .orElseThrow(() -> new InvalidInputException("data_type " + code + " is unknown"));
    long[] shape = dims.stream().mapToLong(Long::longValue).toArray();
    long elements = Tensor.elements(shape);
    if (type == DataType.STRING) {
      return ofStrings(shape, elements);
    }
    long bytes = bytes(type, shape, elements);
    if (location == EXTERNAL) {
      return Tensor.of(type, shape, files.data(external, bytes));
    }
    String field = onlyField();
    return switch (field) {
      case "" -> ofBytes(type, shape, bytes, "data", raw);
      case "raw_data" -> ofBytes(type, shape, bytes, field, raw);
      case "float_data" -> {
        expect(field, type, DataType.FLOAT, DataType.COMPLEX64);
        yield ofBytes(type, shape, bytes, field, floats);
      }
      case "double_data" -> {
        expect(field, type, DataType.DOUBLE, DataType.COMPLEX128);
        yield ofBytes(type, shape, bytes, field, doubles);
      }
      case "int64_data" -> {
        expect(field, type, DataType.INT64);
        yield ofVarints(type, shape, elements, field, longs);
      }
      case "uint64_data" -> {
        expect(field, type, DataType.UINT64, DataType.UINT32);
        yield ofVarints(type, shape, elements, field, unsigned);
      }
      default -> {
        if (type.bits() > 32 || type == DataType.FLOAT || type == DataType.UINT32) {
          throw new InvalidInputException(field + " can't hold elements of type " + type);
        }
        // Types under eight bits are packed here too: an integer holds a byte.
        yield ofVarints(type, shape, type.bits() < 8 ? bytes : elements, field, ints);
      }
    };
  }

  private static long bytes(DataType type, long[] shape, long elements) {
    try {
      return type.bytes(elements);
    } catch (ArithmeticException e) {
      throw new InvalidInputException(
          "%s %s takes over 2^63 bits".formatted(type, Arrays.toString(shape)), e);
    }
  }

  /** The name of the one field with data, or empty where there is none. */
  private String onlyField() {
    var filled = new ArrayList<String>();
    addIf(filled, "raw_data", !raw.isEmpty());
    addIf(filled, "float_data", !floats.isEmpty());
    addIf(filled, "int32_data", !ints.isEmpty());
    addIf(filled, "int64_data", !longs.isEmpty());
    addIf(filled, "double_data", !doubles.isEmpty());
    addIf(filled, "uint64_data", !unsigned.isEmpty());
    addIf(filled, "string_data", !strings.isEmpty());
    if (filled.size() > 1 || filled.contains("string_data")) {
      throw new InvalidInputException(
          "has data in %s, expected one field for its type"
              .formatted(String.join(" and ", filled)));
    }
    return filled.isEmpty() ? "" : filled.getFirst();
  }

  private static void addIf(List<String> fields, String field, boolean filled) {
    if (filled) {
      fields.add(field);
    }
  }

  private static void expect(String field, DataType type, DataType... held) {
    if (!List.of(held).contains(type)) {
      throw new InvalidInputException(
          "%s holds %s, the tensor is of type %s".formatted(field, Arrays.toString(held), type));
    }
  }

  private Tensor ofStrings(long[] shape, long elements) {
    if (strings.size() != elements) {
      throw new InvalidInputException(
          "STRING %s takes %d strings, string_data has %d"
              .formatted(Arrays.toString(shape), elements, strings.size()));
    }
    // Without dimensions ofStrings makes a vector; here that is a scalar.
    return Tensor.ofStrings(strings, elements).reshape(shape);
  }

  private Tensor ofBytes(DataType type, long[] shape, long bytes, String field, Payload payload) {
    MemorySegment data = payload.data();
    if (data.byteSize() != bytes) {
      throw new InvalidInputException(
          "%s %s takes %d bytes, %s has %d"
              .formatted(type, Arrays.toString(shape), bytes, field, data.byteSize()));
    }
    if (payload.isWhole()) {
      return Tensor.of(type, shape, data);
    }
    Tensor tensor = Tensor.allocate(type, shape);
    MemorySegment.copy(data, 0, tensor.data(), 0, bytes);
    return tensor;
  }

  private Tensor ofVarints(DataType type, long[] shape, long expected, String field, Payload from) {
    MemorySegment varints = from.data();
    long count = 0;
    for (long at = 0; at < varints.byteSize(); at++) {
      count += varints.get(JAVA_BYTE, at) >= 0 ? 1 : 0;
    }
    if (count != expected) {
      throw new InvalidInputException(
          "%s %s takes %d numbers, %s has %d"
              .formatted(type, Arrays.toString(shape), expected, field, count));
    }
    Tensor tensor = Tensor.allocate(type, shape);
    MemorySegment data = tensor.data();
    int width = Math.max(type.bits() / 8, 1);
    var at = new long[1];
    WireReader.integers(
        varints,
        field,
        value -> {
          for (int k = 0; k < width; k++) {
            data.set(JAVA_BYTE, at[0]++, (byte) (value >>> (8 * k)));
          }
        });
    return tensor;
  }
}
