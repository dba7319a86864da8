package org.espalier.graph.onnx;

import java.util.LinkedHashMap;
import java.util.Map;
import org.espalier.graph.Bytes;
import org.espalier.graph.Details;

/** Gathers what a message says beside what we interpret: see {@link Details}. */
final class DetailsReader {
  private final Map<String, String> metadata = new LinkedHashMap<>();
  private final WireWriter unknown = new WireWriter();
  private String doc = "";

  void doc(WireReader in) {
    doc = in.text("doc_string");
  }

  /** An entry of {@code metadata_props}; one whose key is there already is kept uninterpreted. */
  void metadata(WireReader in) {
    var entry = Entry.read(in.message("metadata_props", "StringStringEntryProto"));
    if (metadata.putIfAbsent(entry.key(), entry.value()) != null) {
      var again = new WireWriter();
      again.text(1, entry.key());
      again.text(2, entry.value());
      unknown.message(in.field(), again);
    }
  }

  /** Keeps the field as it is. */
  void keep(WireReader in) {
    unknown.append(in.raw());
  }

  void keepText(int field, String text) {
    unknown.text(field, text);
  }

  /** Keeps {@code part} for the message in {@code field}: see {@link Kept}. */
  void keep(int field, WireWriter part) {
    unknown.message(field, part);
  }

  boolean isEmpty() {
    return doc.isEmpty() && metadata.isEmpty() && unknown.length() == 0;
  }

  Details details() {
    return isEmpty() ? Details.NONE : new Details(doc, metadata, Bytes.of(unknown.toBytes()));
  }

  /** A {@code StringStringEntryProto}. */
  record Entry(String key, String value) {
    static Entry read(WireReader in) {
      String key = "";
      String value = "";
      while (in.next()) {
        switch (in.field()) {
          case 1 -> key = in.text("key");
          case 2 -> value = in.text("value");
          default -> in.raw();
        }
      }
      return new Entry(key, value);
    }
  }
}
