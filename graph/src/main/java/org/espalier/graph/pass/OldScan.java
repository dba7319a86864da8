package org.espalier.graph.pass;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Attribute;
import org.espalier.graph.Graph;
import org.espalier.graph.Node;
import org.espalier.graph.Type;
import org.espalier.graph.UnsupportedModelException;
import org.espalier.graph.UnsupportedModelException.Unsupported;
import org.espalier.graph.ValueInfo;

/**
 * The Scan of opset 8, in which every value has a batch as its first axis: now a Scan over the
 * batch, without states, around one over each sample's sequence.
 */
final class OldScan {
  private OldScan() {}

  static void scan(Node node, Rewriter out) {
    if (out.opset() >= 9
        || !(node.attribute("body").orElse(null) instanceof Attribute.GraphValue(Graph body))) {
      out.emit(node);
      return;
    }
    if (node.input(0).isPresent()) {
      throw new UnsupportedModelException(
          List.of(
              new Unsupported(node.label(), "Scan", "its sequences have lengths of their own")));
    }
    List<String> batches = node.inputs().subList(1, node.inputs().size());
    List<ValueInfo> samples = renamed(body.inputs(), out);
    List<ValueInfo> results = renamed(body.outputs(), out);
    var attributes = new LinkedHashMap<>(node.attributes());
    Attribute directions = attributes.remove("directions");
    if (directions != null) {
      attributes.put("scan_input_directions", directions);
    }
    Node inner = Node.of("Scan", names(samples), names(results), attributes);
    Graph sample = new Graph(body.name(), List.of(inner), Map.of(), samples, results);
    out.emit(
        node.withInputs(batches)
            .withAttributes(
                Map.of(
                    "body",
                    Attribute.of(sample),
                    "num_scan_inputs",
                    Attribute.of((long) batches.size()))));
  }

  /** New values of the same element types; their shapes are to be inferred. */
  private static List<ValueInfo> renamed(List<ValueInfo> values, Rewriter out) {
    var renamed = new ArrayList<ValueInfo>();
    for (ValueInfo value : values) {
      Type type =
          value.type() instanceof Type.TensorType(var element, var _)
              ? Type.tensor(element)
              : value.type();
      renamed.add(new ValueInfo(out.fresh(value.name()), type));
    }
    return renamed;
  }

  private static List<String> names(List<ValueInfo> values) {
    return values.stream().map(ValueInfo::name).toList();
  }
}
