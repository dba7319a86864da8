package org.espalier.prune.rewrite;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Dim;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.testing.SeededRandom;

/** A small network, put together node by node. */
final class Net {
  private final SeededRandom random = SeededRandom.of(7);
  private final List<Node> nodes = new ArrayList<>();
  private final Map<String, Tensor> weights = new LinkedHashMap<>();
  private final Shape input;

  /** A network of images of 6 channels, 8x8 pixels, a batch of any size. */
  Net() {
    this(Dim.of(6), Dim.of(8), Dim.of(8));
  }

  Net(Dim... example) {
    var dims = new ArrayList<Dim>(List.of(Dim.symbol("N")));
    dims.addAll(List.of(example));
    this.input = new Shape(dims);
  }

  String weight(long... dims) {
    return constant(random.gaussian(dims));
  }

  String ints(long... values) {
    return constant(Tensor.of(values));
  }

  String constant(Tensor tensor) {
    String name = "w" + weights.size();
    weights.put(name, tensor);
    return name;
  }

  String add(String op, Map<String, Attribute> attributes, String... inputs) {
    return add(op, 1, attributes, inputs).getFirst();
  }

  String add(String op, String... inputs) {
    return add(op, Map.of(), inputs);
  }

  List<String> add(String op, int count, Map<String, Attribute> attributes, String... inputs) {
    var outputs = new ArrayList<String>();
    for (int k = 0; k < count; k++) {
      outputs.add(op + "_" + nodes.size() + "_" + k);
    }
    nodes.add(Node.of(op, List.of(inputs), outputs, attributes));
    return outputs;
  }

  /** A convolution of 1x1 with a bias. */
  String conv(String x, long in, long out) {
    return add("Conv", x, weight(out, in, 1, 1), weight(out));
  }

  /** The model, with the last value as its output. */
  Model model(long opset) {
    String last = nodes.getLast().outputs().getFirst();
    nodes.add(Node.of("Identity", List.of(last), List.of("y")));
    return Model.of(
        new Graph(
            "net",
            nodes,
            weights,
            List.of(ValueInfo.of("x", DataType.FLOAT, input)),
            List.of(new ValueInfo("y", Type.tensor(DataType.FLOAT)))),
        8,
        opset);
  }
}
