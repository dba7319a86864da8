package org.espalier.graph.onnx;

import java.lang.foreign.MemorySegment;

/** The contents of a field that may come in several parts; the usual single one isn't copied. */
final class Payload {
  private MemorySegment first = MemorySegment.NULL;
  private WireWriter joined;

  void add(MemorySegment part) {
    if (joined != null) {
      joined.append(part);
    } else if (first.byteSize() == 0) {
      first = part;
    } else {
      joined = new WireWriter();
      joined.append(first);
      joined.append(part);
    }
  }

  boolean isEmpty() {
    return first.byteSize() == 0;
  }

  /** Whether {@link #data} is the file's own bytes. */
  boolean isWhole() {
    return joined == null;
  }

  MemorySegment data() {
    return joined == null ? first : MemorySegment.ofArray(joined.toBytes());
  }
}
