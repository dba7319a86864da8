package org.espalier.graph.onnx;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.util.ArrayList;
import java.util.Optional;
import org.espalier.graph.Bytes;
import org.espalier.graph.DataType;
import org.espalier.graph.Dim;
import org.espalier.graph.Shape;
import org.espalier.graph.Type;

/**
 * Reads a {@code TypeProto}. One that says nothing, or anything we don't know, is an {@link
 * Type.OtherType} of the same bytes.
 */
final class TypeReader {
  /** No type was given. */
  static final Type NONE = new Type.OtherType(Bytes.EMPTY);

  private final boolean nested;
  private boolean foreign;
  private Type type;

  private TypeReader(boolean nested) {
    this.nested = nested;
  }

  /** The type of a value; {@link Denotations} are for the caller to keep. */
  static Type ofValue(WireReader in) {
    return read(in, new TypeReader(false));
  }

  /** A type elsewhere; one with denotations is kept whole. */
  static Type read(WireReader in) {
    return read(in, new TypeReader(true));
  }

  private static Type read(WireReader in, TypeReader reader) {
    Bytes bytes = Bytes.of(in.all().toArray(JAVA_BYTE));
    reader.fields(in);
    return reader.foreign || reader.type == null ? new Type.OtherType(bytes) : reader.type;
  }

  private void fields(WireReader in) {
    while (in.next()) {
      switch (in.field()) {
        case 1 -> tensor(in.message("tensor_type", "TypeProto.Tensor"), false);
        case 8 -> tensor(in.message("sparse_tensor_type", "TypeProto.SparseTensor"), true);
        case 4 -> is(new Type.SequenceType(element(in.message("sequence_type", "Sequence"))));
        case 9 -> is(new Type.OptionalType(element(in.message("optional_type", "Optional"))));
        case 5 -> map(in.message("map_type", "TypeProto.Map"));
        case 6 -> denotation(in);
        default -> foreign(in);
      }
    }
  }

  /** A type has one form; a second makes it foreign. */
  private void is(Type found) {
    foreign |= type != null;
    type = found;
  }

  private void denotation(WireReader in) {
    foreign |= !in.text("denotation").isEmpty() && nested;
  }

  private void foreign(WireReader in) {
    in.raw();
    foreign = true;
  }

  private void tensor(WireReader in, boolean sparse) {
    long code = 0;
    Optional<Shape> shape = Optional.empty();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> code = in.varint("elem_type");
        case 2 -> shape = Optional.of(shape(in.message("shape", "TensorShapeProto")));
        default -> foreign(in);
      }
    }
    Optional<DataType> element = DataType.ofCode(code);
    if (element.isEmpty()) {
      foreign = true;
    } else {
      is(
          sparse
              ? new Type.SparseTensorType(element.get(), shape)
              : new Type.TensorType(element.get(), shape));
    }
  }

  private Type element(WireReader in) {
    Type element = NONE;
    while (in.next()) {
      if (in.field() == 1) {
        element = read(in.message("elem_type", "TypeProto"));
      } else {
        foreign(in);
      }
    }
    return element;
  }

  private void map(WireReader in) {
    long key = 0;
    Type value = NONE;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> key = in.varint("key_type");
        case 2 -> value = read(in.message("value_type", "TypeProto"));
        default -> foreign(in);
      }
    }
    Optional<DataType> keyType = DataType.ofCode(key);
    if (keyType.isEmpty()) {
      foreign = true;
    } else {
      is(new Type.MapType(keyType.get(), value));
    }
  }

  private Shape shape(WireReader in) {
    var dims = new ArrayList<Dim>();
    while (in.next()) {
      if (in.field() == 1) {
        dims.add(dim(in.message("dim", "Dimension")));
      } else {
        foreign(in);
      }
    }
    return new Shape(dims);
  }

  private Dim dim(WireReader in) {
    Dim dim = Dim.unknown();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> {
          // Some exporters write -1 for a size they don't know.
          long size = in.varint("dim_value");
          dim = size < 0 ? Dim.unknown() : Dim.of(size);
        }
        case 2 -> {
          String symbol = in.text("dim_param");
          dim = symbol.isEmpty() ? Dim.unknown() : Dim.symbol(symbol);
        }
        case 3 -> denotation(in);
        default -> foreign(in);
      }
    }
    return dim;
  }
}
