package org.espalier.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.espalier.engine.kernel.Kernels;
import org.espalier.engine.plan.Choice;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;
import org.espalier.reference.Agreement;
import org.espalier.reference.OnnxRuntime;

/** A few nodes in a row, run by the engine and by ONNX Runtime. */
final class SmallModel {
  private final Map<String, Tensor> inputs = new LinkedHashMap<>();
  private final Map<String, Tensor> weights = new LinkedHashMap<>();
  private final List<Node> nodes = new ArrayList<>();
  private String last;

  SmallModel(Tensor x) {
    last = input(x);
  }

  /** Another input of the model; answers its name. */
  String input(Tensor x) {
    String name = "x" + inputs.size();
    inputs.put(name, x);
    return name;
  }

  String weight(Tensor w) {
    String name = "w" + weights.size();
    weights.put(name, w);
    return name;
  }

  /** A node that takes what the last one made, and then {@code others}. */
  SmallModel then(String op, Map<String, Attribute> attributes, String... others) {
    var from = new ArrayList<>(List.of(last));
    from.addAll(List.of(others));
    last = "y" + nodes.size();
    nodes.add(Node.of(op, from, List.of(last), attributes));
    return this;
  }

  /** The name of what the last node made. */
  String last() {
    return last;
  }

  Model build() {
    var given = new ArrayList<ValueInfo>();
    inputs.forEach((name, x) -> given.add(ValueInfo.of(name, x.type(), x.shape())));
    var made = List.of(new ValueInfo(last, new Type.TensorType(DataType.FLOAT, Optional.empty())));
    return Model.of(new Graph("small", nodes, weights, given, made), 8, 18);
  }

  /** Fails where the engine's result differs from ONNX Runtime's; answers the engine's plan. */
  List<Choice> check(String description, Kernels kernels, int threads) {
    Model model = build();
    try (OnnxRuntime reference = OnnxRuntime.of(model);
        Session session = Engine.compile(model, new Options(threads), kernels)) {
      Tensor expected = reference.run(inputs).get(last);
      for (int run = 0; run < 2; run++) {
        Agreement agreement = Agreement.of(expected, session.run(inputs).get(last), 1e-4);
        assertThat(agreement.holds())
            .as("%s: %s, plan %s", description, agreement.reason(), session.plan())
            .isTrue();
      }
      return session.plan();
    }
  }
}
