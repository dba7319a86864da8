package org.espalier.graph.onnx;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.espalier.graph.Bytes;

/**
 * What a tensor type says about its meaning, such as {@code IMAGE} or {@code DATA_BATCH}: nothing
 * that we use, so it is kept apart from {@link org.espalier.graph.Type}.
 *
 * @param dims one for each dimension, empty where it has none
 */
record Denotations(String type, List<String> dims) {
  static final Denotations NONE = new Denotations("", List.of());

  /** Takes them from a {@code TypeProto}. */
  static Denotations of(Bytes bytes) {
    return bytes.isEmpty()
        ? NONE
        : read(WireReader.of(MemorySegment.ofArray(bytes.toArray()), "TypeProto"));
  }

  private static Denotations read(WireReader in) {
    String type = "";
    var dims = new ArrayList<String>();
    while (in.next()) {
      switch (in.field()) {
        case 1, 8 -> inner(in, 2, shape -> inner(shape, 1, dim -> dims.add(dim(dim))));
        case 6 -> type = in.text("denotation");
        default -> in.raw();
      }
    }
    return new Denotations(type, dims.stream().allMatch(String::isEmpty) ? List.of() : dims);
  }

  private interface Reading {
    void read(WireReader in);
  }

  /** Reads the message in the current field, and in it each message in {@code field}. */
  private static void inner(WireReader in, int field, Reading reading) {
    for (WireReader outer = in.message("type", "TypeProto"); outer.next(); ) {
      if (outer.field() == field) {
        reading.read(outer);
      } else {
        outer.raw();
      }
    }
  }

  private static String dim(WireReader in) {
    String denotation = "";
    for (WireReader dim = in.message("dim", "Dimension"); dim.next(); ) {
      if (dim.field() == 3) {
        denotation = dim.text("denotation");
      } else {
        dim.raw();
      }
    }
    return denotation;
  }

  boolean isEmpty() {
    return type.isEmpty() && dims.isEmpty();
  }

  /** A {@code TypeProto} of these alone. */
  WireWriter write() {
    var shape = new WireWriter();
    for (String denotation : dims) {
      var dim = new WireWriter();
      dim.textUnlessEmpty(3, denotation);
      shape.message(1, dim);
    }
    var out = new WireWriter();
    if (!dims.isEmpty()) {
      var tensor = new WireWriter();
      tensor.message(2, shape);
      out.message(1, tensor);
    }
    out.textUnlessEmpty(6, type);
    return out;
  }
}
