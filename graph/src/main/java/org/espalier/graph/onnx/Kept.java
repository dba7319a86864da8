package org.espalier.graph.onnx;

import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import org.espalier.graph.Bytes;

/**
 * What a message says that neither it nor our types have a place for: the documentation of an
 * attribute, the denotation of a type.
 *
 * <p>It travels among the unknown fields of the node or value around it, as another message of that
 * field that holds nothing else. Writing takes it from there and puts it back where it was; this is
 * the unknown fields taken apart.
 *
 * @param parts contents of the messages in the given field, by their name if they have one
 * @param rest all other fields
 */
record Kept(Map<String, Bytes> parts, Bytes rest) {
  /** The field that names an attribute; a type has none of that number that we'd keep. */
  private static final int NAME = 1;

  /** Takes what is kept for the attributes in {@code field} apart. */
  static Kept attributes(Bytes unknown, int field) {
    return split(unknown, field, true);
  }

  /** Takes what is kept for the type in {@code field} apart: at most one part, without a name. */
  static Kept type(Bytes unknown, int field) {
    return split(unknown, field, false);
  }

  private static Kept split(Bytes unknown, int field, boolean named) {
    if (unknown.isEmpty()) {
      return new Kept(Map.of(), unknown);
    }
    var parts = new LinkedHashMap<String, Bytes>();
    var rest = new WireWriter();
    WireReader in = WireReader.of(MemorySegment.ofArray(unknown.toArray()), "unknown fields");
    while (in.next()) {
      if (in.field() != field) {
        rest.append(in.raw());
      } else {
        var part = new WireWriter();
        String name = "";
        for (WireReader inner = in.message("kept", "kept"); inner.next(); ) {
          if (named && inner.field() == NAME) {
            name = inner.text("name");
          } else {
            part.append(inner.raw());
          }
        }
        parts.put(name, Bytes.of(part.toBytes()));
      }
    }
    return new Kept(parts, Bytes.of(rest.toBytes()));
  }

  Bytes part(String name) {
    return parts.getOrDefault(name, Bytes.EMPTY);
  }
}
