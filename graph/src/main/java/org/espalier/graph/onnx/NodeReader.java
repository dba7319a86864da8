package org.espalier.graph.onnx;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Attribute;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Malformed;
import org.espalier.graph.Node;

/** Reads a {@code NodeProto}. */
final class NodeReader {
  private final List<String> inputs = new ArrayList<>();
  private final List<String> outputs = new ArrayList<>();
  private final List<AttributeReader> attributes = new ArrayList<>();
  private final DetailsReader details = new DetailsReader();
  private String name = "";
  private String op = "";
  private String domain = "";
  private String overload = "";

  private NodeReader() {}

  static Node read(WireReader in, ExternalFiles files) {
    var reader = new NodeReader();
    reader.fields(in, files);
    String label = reader.label();
    return Malformed.at("node '" + label + "' (" + reader.op + ")", reader::node);
  }

  private void fields(WireReader in, ExternalFiles files) {
    while (in.next()) {
      switch (in.field()) {
        case 1 -> inputs.add(in.text("input"));
        case 2 -> outputs.add(in.text("output"));
        case 3 -> name = in.text("name");
        case 4 -> op = in.text("op_type");
        case 5 ->
            attributes.add(
                new AttributeReader(files).read(in.message("attribute", "AttributeProto")));
        case 6 -> details.doc(in);
        case 7 -> domain = in.text("domain");
        case 8 -> overload = in.text("overload");
        case 9 -> details.metadata(in);
        default -> details.keep(in);
      }
    }
  }

  private String label() {
    return name.isEmpty() && !outputs.isEmpty() ? outputs.getFirst() : name;
  }

  private Node node() {
    if (op.isEmpty()) {
      throw new InvalidInputException("has no op_type");
    }
    return new Node(
        name,
        op,
        domain,
        overload,
        inputs,
        outputs,
        byName(attributes, details, 5),
        details.details());
  }

  static Map<String, Attribute> byName(
      List<AttributeReader> readers, DetailsReader around, int field) {
    var attributes = new LinkedHashMap<String, Attribute>();
    for (AttributeReader reader : readers) {
      if (attributes.putIfAbsent(reader.name(), reader.attribute()) != null) {
        throw new InvalidInputException("attribute '" + reader.name() + "' is given twice");
      }
      reader.keep(around, field);
    }
    return attributes;
  }
}
