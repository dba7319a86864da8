package org.espalier.train;

import java.util.LinkedHashMap;
import java.util.Map;
import org.espalier.graph.Constants;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Operators;
import org.espalier.graph.Tensor;
import org.espalier.graph.build.Init;
import org.espalier.prune.Layer;
import org.espalier.prune.Layers;
import org.espalier.torch.TorchModel;

/**
 * A network with weights as if it had never been trained, whoever made its file.
 *
 * <p>Matrices and kernels are drawn after He, normalisations do nothing, and any other weight, such
 * as a bias or an embedding, is drawn with the mean and deviation that it has.
 */
public final class Redrawn {
  private Redrawn() {}

  /** The model with other weights; constants that no training changes stay. */
  public static Model of(Model model, long seed) {
    Graph graph = model.graph();
    Map<String, Tensor> constants = Constants.of(graph);
    var drawn = new LinkedHashMap<String, Tensor>();
    try (TorchModel torch = TorchModel.of(model)) {
      for (String name : torch.parameters().keySet()) {
        if (constants.containsKey(name)) {
          drawn.put(name, alike(constants.get(name), seed, name));
        }
      }
    }
    for (Layer layer : Layers.of(model).layers()) {
      String name = layer.weight();
      long[] dims = constants.get(name).dims(); // a transposed convolution's is no matrix
      Tensor weight = Init.kaimingNormal().sample(seed, name, layer.columns(), layer.rows(), dims);
      drawn.put(name, plus(weight, 0, layer.tensor().type()));
    }
    Map<String, Node> producers = graph.producers();
    for (Node node : graph.nodes()) {
      if (Operators.NORMALIZATIONS.contains(node.op())) {
        for (int k = 1; k < node.inputs().size(); k++) {
          String name = source(node.inputs().get(k), producers);
          if (constants.containsKey(name)) {
            // scale, bias, mean, variance
            drawn.put(name, filled(constants.get(name), k == 1 || k == 4 ? 1 : 0));
          }
        }
      }
    }
    return model.withGraph(Constants.replace(graph, drawn));
  }

  /** The constant itself where exporters put an equal one behind Identity nodes. */
  public static String source(String value, Map<String, Node> producers) {
    Node node = producers.get(value);
    return node != null && node.is("Identity")
        ? source(node.inputs().getFirst(), producers)
        : value;
  }

  private static Tensor alike(Tensor tensor, long seed, String name) {
    double sum = 0;
    double squares = 0;
    for (long k = 0; k < tensor.size(); k++) {
      double value = tensor.realAt(k);
      sum += value;
      squares += value * value;
    }
    double mean = sum / Math.max(1, tensor.size());
    double deviation = Math.sqrt(Math.max(0, squares / Math.max(1, tensor.size()) - mean * mean));
    Tensor drawn = Init.normal(deviation).sample(seed, name, 1, 1, tensor.dims());
    return plus(drawn, mean, tensor.type());
  }

  private static Tensor filled(Tensor like, double value) {
    return plus(Tensor.allocate(DataType.FLOAT, like.dims()), value, like.type());
  }

  /** The tensor plus a number, in another type. */
  private static Tensor plus(Tensor tensor, double value, DataType type) {
    Tensor sum = Tensor.allocate(type, tensor.dims());
    for (long k = 0; k < sum.size(); k++) {
      sum.setReal(k, tensor.realAt(k) + value);
    }
    return sum;
  }
}
