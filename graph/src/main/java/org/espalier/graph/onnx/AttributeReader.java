package org.espalier.graph.onnx;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.espalier.graph.Attribute;
import org.espalier.graph.Bytes;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Malformed;
import org.espalier.graph.SparseTensor;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;

/** Reads an {@code AttributeProto}: its {@code type} says which of its fields is the value. */
final class AttributeReader {
  /** The newest type that we know. */
  private static final int TYPE_PROTOS = 14;

  private final ExternalFiles files;
  private final List<Float> floats = new ArrayList<>();
  private final List<Long> ints = new ArrayList<>();
  private final List<Bytes> strings = new ArrayList<>();
  private final List<Tensor> tensors = new ArrayList<>();
  private final List<Graph> graphs = new ArrayList<>();
  private final List<SparseTensor> sparseTensors = new ArrayList<>();
  private final List<Type> types = new ArrayList<>();
  private final DetailsReader details = new DetailsReader();
  private MemorySegment all;
  private String name = "";
  private String reference = "";
  private long code;
  private Float real;
  private Long integer;
  private Bytes string;
  private TensorReader tensor;
  private GraphReader graph;
  private SparseTensor sparse;
  private Type type;

  AttributeReader(ExternalFiles files) {
    this.files = files;
  }

  AttributeReader read(WireReader in) {
    all = in.all();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> name = in.text("name");
        case 2 -> real = in.fixed32("f");
        case 3 -> integer = in.varint("i");
        case 4 -> string = in.bytes("s");
        case 5 -> {
          tensor = tensor == null ? new TensorReader(files) : tensor;
          tensor.read(in.message("t", "TensorProto"));
        }
        case 6 -> {
          graph = graph == null ? new GraphReader(files) : graph;
          graph.read(in.message("g", "GraphProto"));
        }
        case 7 -> in.floats("floats", floats::add);
        case 8 -> in.integers("ints", ints::add);
        case 9 -> strings.add(in.bytes("strings"));
        case 10 ->
            tensors.add(new TensorReader(files).read(in.message("tensors", "TensorProto")).named());
        case 11 ->
            graphs.add(new GraphReader(files).read(in.message("graphs", "GraphProto")).graph());
        case 13 -> details.doc(in);
        case 14 -> type = TypeReader.read(in.message("tp", "TypeProto"));
        case 15 -> types.add(TypeReader.read(in.message("type_protos", "TypeProto")));
        case 20 -> code = in.varint("type");
        case 21 -> reference = in.text("ref_attr_name");
        case 22 -> sparse = sparse(in.message("sparse_tensor", "SparseTensorProto"));
        case 23 -> sparseTensors.add(sparse(in.message("sparse_tensors", "SparseTensorProto")));
        default -> details.keep(in);
      }
    }
    return this;
  }

  private SparseTensor sparse(WireReader in) {
    return new SparseTensorReader(files).read(in).tensor();
  }

  String name() {
    return name;
  }

  /** Hands what the attribute says beside its value to those of the node around it. */
  void keep(DetailsReader around, int field) {
    if (!details.isEmpty() && code <= TYPE_PROTOS) {
      var part = new WireWriter();
      part.text(1, name);
      TensorWriter.details(part, details.details(), 13, 0);
      around.keep(field, part);
    }
  }

  Attribute attribute() {
    return Malformed.at("attribute '" + name + "'", this::make);
  }

  private Attribute make() {
    if (code < 0 || code > TYPE_PROTOS) {
      return new Attribute.OtherValue(Bytes.of(all.toArray(JAVA_BYTE)));
    }
    if (!reference.isEmpty()) {
      return new Attribute.Reference(reference, (int) code);
    }
    return switch (code == 0 ? guess() : (int) code) {
      case 1 -> new Attribute.FloatValue(real == null ? 0 : real);
      case 2 -> new Attribute.IntValue(integer == null ? 0 : integer);
      case 3 -> new Attribute.StringValue(string == null ? Bytes.EMPTY : string);
      case 4 -> new Attribute.TensorValue(given(tensor, "TENSOR", "t").named());
      case 5 -> new Attribute.GraphValue(given(graph, "GRAPH", "g").graph());
      case 6 -> new Attribute.FloatValues(floats);
      case 7 -> new Attribute.IntValues(ints);
      case 8 -> new Attribute.StringValues(strings);
      case 9 -> new Attribute.TensorValues(tensors);
      case 10 -> new Attribute.GraphValues(graphs);
      case 11 -> new Attribute.SparseTensorValue(given(sparse, "SPARSE_TENSOR", "sparse_tensor"));
      case 12 -> new Attribute.SparseTensorValues(sparseTensors);
      case 13 -> new Attribute.TypeValue(given(type, "TYPE_PROTO", "tp"));
      default -> new Attribute.TypeValues(types);
    };
  }

  /** The type of an attribute that doesn't tell it, as the oldest files do. */
  private int guess() {
    if (real != null) {
      return 1;
    } else if (integer != null) {
      return 2;
    } else if (string != null) {
      return 3;
    } else if (tensor != null) {
      return 4;
    } else if (graph != null) {
      return 5;
    } else if (!floats.isEmpty()) {
      return 6;
    } else if (!ints.isEmpty()) {
      return 7;
    } else if (!strings.isEmpty()) {
      return 8;
    } else if (!tensors.isEmpty()) {
      return 9;
    } else if (!graphs.isEmpty()) {
      return 10;
    }
    throw new InvalidInputException("has neither a type nor a value");
  }

  private static <T> T given(T value, String type, String field) {
    if (value == null) {
      throw new InvalidInputException("is of type " + type + " and has no '" + field + "'");
    }
    return value;
  }
}
