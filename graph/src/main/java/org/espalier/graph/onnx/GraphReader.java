package org.espalier.graph.onnx;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Bytes;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Node;
import org.espalier.graph.SparseTensor;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;

/** Reads a {@code GraphProto}. */
final class GraphReader {
  private final ExternalFiles files;
  private final List<Node> nodes = new ArrayList<>();
  private final Map<String, Tensor> initializers = new LinkedHashMap<>();
  private final Map<String, SparseTensor> sparse = new LinkedHashMap<>();
  private final List<ValueInfo> inputs = new ArrayList<>();
  private final List<ValueInfo> outputs = new ArrayList<>();
  private final List<ValueInfo> values = new ArrayList<>();
  private final List<Bytes> annotations = new ArrayList<>();
  private final DetailsReader details = new DetailsReader();
  private String name = "";

  GraphReader(ExternalFiles files) {
    this.files = files;
  }

  GraphReader read(WireReader in) {
    while (in.next()) {
      switch (in.field()) {
        case 1 -> nodes.add(NodeReader.read(in.message("node", "NodeProto"), files));
        case 2 -> name = in.text("name");
        case 5 ->
            initializer(new TensorReader(files).read(in.message("initializer", "TensorProto")));
        case 10 -> details.doc(in);
        case 11 -> inputs.add(value(in.message("input", "ValueInfoProto")));
        case 12 -> outputs.add(value(in.message("output", "ValueInfoProto")));
        case 13 -> values.add(value(in.message("value_info", "ValueInfoProto")));
        case 14 ->
            annotations.add(Bytes.of(in.segment("quantization_annotation").toArray(JAVA_BYTE)));
        case 15 ->
            sparse(
                new SparseTensorReader(files)
                    .read(in.message("sparse_initializer", "SparseTensorProto")));
        case 16 -> details.metadata(in);
        default -> details.keep(in);
      }
    }
    return this;
  }

  private void initializer(TensorReader reader) {
    named(reader.name());
    initializers.put(reader.name(), reader.tensor());
  }

  private void sparse(SparseTensorReader reader) {
    named(reader.name());
    sparse.put(reader.name(), reader.initializer());
  }

  private void named(String initializer) {
    if (initializer.isEmpty()) {
      throw new InvalidInputException("an initializer without a name");
    }
    if (initializers.containsKey(initializer) || sparse.containsKey(initializer)) {
      throw new InvalidInputException("initializer '" + initializer + "' is given twice");
    }
  }

  static ValueInfo value(WireReader in) {
    String name = "";
    Type type = TypeReader.NONE;
    var details = new DetailsReader();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> name = in.text("name");
        case 2 -> type = type(in, details);
        case 3 -> details.doc(in);
        case 4 -> details.metadata(in);
        default -> details.keep(in);
      }
    }
    return new ValueInfo(name, type, details.details());
  }

  private static Type type(WireReader in, DetailsReader details) {
    WireReader message = in.message("type", "TypeProto");
    Type type = TypeReader.ofValue(message);
    if (!(type instanceof Type.OtherType)) {
      Denotations denotations = Denotations.of(Bytes.of(message.all().toArray(JAVA_BYTE)));
      if (!denotations.isEmpty()) {
        details.keep(2, denotations.write());
      }
    }
    return type;
  }

  Graph graph() {
    return new Graph(
        name, nodes, initializers, sparse, inputs, outputs, values, annotations, details.details());
  }
}
