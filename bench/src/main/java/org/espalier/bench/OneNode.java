package org.espalier.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;
import org.espalier.prune.Pattern;
import org.espalier.prune.Recipe;

/** Models of one node, and what they are run on. */
final class OneNode {
  private final String op;
  private final List<long[]> inputs;
  private final Map<String, Tensor> weights = new LinkedHashMap<>();
  private Map<String, Attribute> attributes = Map.of();

  private OneNode(String op, List<long[]> inputs) {
    this.op = op;
    this.inputs = inputs;
  }

  /** A node of {@code op} on inputs of these shapes. */
  static OneNode of(String op, long[]... inputs) {
    return new OneNode(op, List.of(inputs));
  }

  /** With one more input, a constant of small random numbers. */
  OneNode weights(long... dims) {
    weights.put("w" + weights.size(), Normal.tensor(31 + weights.size(), 0.05, dims));
    return this;
  }

  OneNode attributes(Map<String, Attribute> attributes) {
    this.attributes = attributes;
    return this;
  }

  Model model() {
    var names = new ArrayList<String>();
    var values = new ArrayList<ValueInfo>();
    for (int k = 0; k < inputs.size(); k++) {
      names.add("x" + k);
      values.add(ValueInfo.of("x" + k, DataType.FLOAT, Shape.of(inputs.get(k))));
    }
    names.addAll(weights.keySet());
    var graph =
        new Graph(
            op,
            List.of(Node.of(op, names, List.of("y"), attributes)),
            weights,
            values,
            List.of(new ValueInfo("y", Type.tensor(DataType.FLOAT))));
    return Model.of(graph, 8, 20);
  }

  /** The model with this share of its weights pruned by magnitude; none for 0. */
  Model model(String pattern, double sparsity) {
    return sparsity == 0
        ? model()
        : Recipe.named("magnitude")
            .pattern(Pattern.parse(pattern))
            .sparsity(sparsity)
            .apply(model())
            .model();
  }

  /** Standard normal numbers for each input. */
  static Map<String, Tensor> inputs(Model model) {
    var inputs = new LinkedHashMap<String, Tensor>();
    for (ValueInfo input : model.graph().inputs()) {
      var type = (Type.TensorType) input.type();
      long[] dims = type.shape().flatMap(Shape::sizes).orElseThrow();
      inputs.put(input.name(), Normal.tensor(7 + inputs.size(), 1, dims));
    }
    return inputs;
  }
}
