package org.espalier.train.init;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.espalier.graph.DataType;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.eval.Evaluator;

/**
 * A function of single numbers that nodes of a graph in canonical form compute.
 *
 * @param source the value that it's a function of
 * @param result the value that it gives
 * @param nodes in the order of the graph
 * @param scalars the constants among the nodes' inputs, see {@link #scalar}
 */
record Pointwise(String source, String result, List<Node> nodes, Map<String, Tensor> scalars)
    implements UnaryOperator<double[]> {

  /** A constant of one number, or the same number many times, that goes with any shape. */
  static Tensor scalar(Tensor constant) {
    return constant.type().isFloat()
        ? Tensor.of(new double[] {constant.realAt(0)})
        : constant.reshape();
  }

  @Override
  public double[] apply(double[] x) {
    Map<String, Tensor> values = new HashMap<>(scalars);
    values.put(source, Tensor.of(x, x.length));
    for (Node node : nodes) {
      var inputs = new ArrayList<Tensor>();
      node.inputs().forEach(input -> inputs.add(values.get(input)));
      Tensor output =
          node.is("Cast") ? inputs.getFirst() : Evaluator.evaluate(node, inputs).getFirst();
      values.put(node.outputs().getFirst(), output);
    }
    Tensor found = values.get(result);
    assert found.type() == DataType.DOUBLE && found.size() == x.length : found;
    double[] y = new double[x.length];
    for (int k = 0; k < y.length; k++) {
      y[k] = found.realAt(k);
    }
    return y;
  }

  /** The operators, such as "Tanh" or "Sigmoid Mul". */
  String name() {
    return nodes.stream().map(Node::op).collect(Collectors.joining(" "));
  }
}
