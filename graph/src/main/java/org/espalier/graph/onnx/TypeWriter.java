package org.espalier.graph.onnx;

import java.util.List;
import java.util.Optional;
import org.espalier.graph.DataType;
import org.espalier.graph.Dim;
import org.espalier.graph.Shape;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;

/** Writes {@code TypeProto} and {@code ValueInfoProto}. */
final class TypeWriter {
  private TypeWriter() {}

  static WireWriter write(ValueInfo value) {
    var out = new WireWriter();
    Kept kept = Kept.type(value.details().unknown(), 2);
    out.textUnlessEmpty(1, value.name());
    if (!value.type().equals(TypeReader.NONE)) {
      out.message(2, write(value.type(), Denotations.of(kept.part(""))));
    }
    TensorWriter.details(out, value.details(), 3, 4, kept.rest());
    return out;
  }

  static WireWriter write(Type type) {
    return write(type, Denotations.NONE);
  }

  private static WireWriter write(Type type, Denotations denotations) {
    var out = new WireWriter();
    switch (type) {
      case Type.TensorType(DataType element, Optional<Shape> shape) ->
          out.message(1, tensor(element, shape, denotations));
      case Type.SparseTensorType(DataType element, Optional<Shape> shape) ->
          out.message(8, tensor(element, shape, denotations));
      case Type.SequenceType(Type element) -> out.message(4, element(1, element));
      case Type.OptionalType(Type element) -> out.message(9, element(1, element));
      case Type.MapType(DataType key, Type value) -> {
        var map = new WireWriter();
        map.integer(1, key.code());
        map.message(2, write(value));
        out.message(5, map);
      }
      case Type.OtherType(var bytes) -> out.append(bytes);
    }
    out.textUnlessEmpty(6, denotations.type());
    return out;
  }

  private static WireWriter element(int field, Type type) {
    var out = new WireWriter();
    if (!type.equals(TypeReader.NONE)) {
      out.message(field, write(type));
    }
    return out;
  }

  private static WireWriter tensor(
      DataType element, Optional<Shape> shape, Denotations denotations) {
    var out = new WireWriter();
    out.integer(1, element.code());
    shape.ifPresent(known -> out.message(2, shape(known, denotations.dims())));
    return out;
  }

  private static WireWriter shape(Shape shape, List<String> denotations) {
    var out = new WireWriter();
    // A pass may have given the value another rank; then they mean nothing any more.
    boolean fit = denotations.size() == shape.rank();
    for (int axis = 0; axis < shape.rank(); axis++) {
      var size = new WireWriter();
      switch (shape.dim(axis)) {
        case Dim.Fixed(long fixed) -> size.integer(1, fixed);
        case Dim.Symbol(String symbol) -> size.text(2, symbol);
        case Dim.Unknown() -> {}
      }
      size.textUnlessEmpty(3, fit ? denotations.get(axis) : "");
      out.message(1, size);
    }
    return out;
  }
}
