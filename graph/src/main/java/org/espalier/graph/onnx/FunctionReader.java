package org.espalier.graph.onnx;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Function;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Malformed;
import org.espalier.graph.Node;
import org.espalier.graph.ValueInfo;

/** Reads a {@code FunctionProto}. */
final class FunctionReader {
  private final List<String> inputs = new ArrayList<>();
  private final List<String> outputs = new ArrayList<>();
  private final List<String> attributes = new ArrayList<>();
  private final List<AttributeReader> defaults = new ArrayList<>();
  private final List<Node> nodes = new ArrayList<>();
  private final Map<String, Long> opsets = new LinkedHashMap<>();
  private final List<ValueInfo> values = new ArrayList<>();
  private final DetailsReader details = new DetailsReader();
  private String name = "";
  private String domain = "";
  private String overload = "";

  private FunctionReader() {}

  static Function read(WireReader in, ExternalFiles files) {
    var reader = new FunctionReader();
    reader.fields(in, files);
    return Malformed.at("function '" + reader.name + "'", reader::function);
  }

  private void fields(WireReader in, ExternalFiles files) {
    while (in.next()) {
      switch (in.field()) {
        case 1 -> name = in.text("name");
        case 4 -> inputs.add(in.text("input"));
        case 5 -> outputs.add(in.text("output"));
        case 6 -> attributes.add(in.text("attribute"));
        case 7 -> nodes.add(NodeReader.read(in.message("node", "NodeProto"), files));
        case 8 -> details.doc(in);
        case 9 -> opset(in.message("opset_import", "OperatorSetIdProto"), opsets);
        case 10 -> domain = in.text("domain");
        case 11 ->
            defaults.add(
                new AttributeReader(files).read(in.message("attribute_proto", "AttributeProto")));
        case 12 -> values.add(GraphReader.value(in.message("value_info", "ValueInfoProto")));
        case 13 -> overload = in.text("overload");
        case 14 -> details.metadata(in);
        default -> details.keep(in);
      }
    }
  }

  /** Reads an {@code OperatorSetIdProto}. */
  static void opset(WireReader in, Map<String, Long> opsets) {
    String domain = "";
    long version = 0;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> domain = in.text("domain");
        case 2 -> version = in.varint("version");
        default -> in.raw();
      }
    }
    Long other = opsets.putIfAbsent(domain, version);
    if (other != null && other != version) {
      throw new InvalidInputException(
          "operator set '%s' is imported as version %d and %d".formatted(domain, other, version));
    }
  }

  private Function function() {
    if (name.isEmpty()) {
      throw new InvalidInputException("has no name");
    }
    return new Function(
        name,
        domain,
        overload,
        inputs,
        outputs,
        attributes,
        NodeReader.byName(defaults, details, 11),
        nodes,
        opsets,
        values,
        details.details());
  }
}
