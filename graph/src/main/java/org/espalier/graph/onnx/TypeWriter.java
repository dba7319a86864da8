package org.espalier.graph.onnx;

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
    out.textUnlessEmpty(1, value.name());
    if (!value.type().equals(TypeReader.NONE)) {
      out.message(2, write(value.type()));
    }
    TensorWriter.details(out, value.details(), 3, 4);
    return out;
  }

  static WireWriter write(Type type) {
    var out = new WireWriter();
    switch (type) {
      case Type.TensorType(DataType element, Optional<Shape> shape) ->
          out.message(1, tensor(element, shape));
      case Type.SparseTensorType(DataType element, Optional<Shape> shape) ->
          out.message(8, tensor(element, shape));
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
    return out;
  }

  private static WireWriter element(int field, Type type) {
    var out = new WireWriter();
    if (!type.equals(TypeReader.NONE)) {
      out.message(field, write(type));
    }
    return out;
  }

  private static WireWriter tensor(DataType element, Optional<Shape> shape) {
    var out = new WireWriter();
    out.integer(1, element.code());
    shape.ifPresent(known -> out.message(2, shape(known)));
    return out;
  }

  private static WireWriter shape(Shape shape) {
    var out = new WireWriter();
    for (Dim dim : shape.dims()) {
      var size = new WireWriter();
      switch (dim) {
        case Dim.Fixed(long fixed) -> size.integer(1, fixed);
        case Dim.Symbol(String symbol) -> size.text(2, symbol);
        case Dim.Unknown() -> {}
      }
      out.message(1, size);
    }
    return out;
  }
}
