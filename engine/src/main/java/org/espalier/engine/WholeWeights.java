package org.espalier.engine;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;

/**
 * Runs inputs that hold NaN or infinity. A pruned weight times one of these is NaN, and must be
 * where zeros are left out, too: such a run is of a model that takes its pruned weights as inputs,
 * so that no zero is known beforehand. It is slow, and made when the first such input comes.
 *
 * <p>What isn't finite and only arises inside of a network, by overflow, is not looked for: there a
 * pruned weight stays without effect.
 */
final class WholeWeights {
  private static final Set<String> PRODUCTS = Set.of("Conv", "ConvTranspose", "Gemm", "MatMul");

  /** The bits of an infinity; those of NaN are greater, those of other numbers less. */
  private static final int INFINITY = 0x7f800000;

  private final Model model;
  private final Function<Model, Session> compile;
  private final Map<String, Tensor> pruned = new LinkedHashMap<>();
  private Session session;
  private boolean looked;

  /**
   * @param model as prepared, before transposed convolutions gain zeros
   * @param compile makes a session of a model in that form
   */
  WholeWeights(Model model, Function<Model, Session> compile) {
    this.model = model;
    this.compile = compile;
  }

  /** Whether an input is not finite, and a weight zero that it could meet. */
  boolean areFor(Map<String, Tensor> inputs) {
    return !inputs.values().stream().allMatch(WholeWeights::isFinite) && session().isPresent();
  }

  /** Runs the model; the inputs are those that it asks for. */
  Map<String, Tensor> run(Map<String, Tensor> inputs, Map<String, Tensor> outputs) {
    var all = new LinkedHashMap<>(inputs);
    all.putAll(pruned);
    return session().orElseThrow().run(all, outputs);
  }

  private static boolean isFinite(Tensor tensor) {
    if (tensor.type() != DataType.FLOAT) {
      return true;
    }
    MemorySegment data = tensor.data();
    long size = tensor.size();
    int largest = 0;
    for (long k = 0; k < size; k++) {
      int bits = data.get(ValueLayout.JAVA_INT_UNALIGNED, 4 * k);
      largest = Math.max(largest, bits & Integer.MAX_VALUE);
    }
    return largest < INFINITY;
  }

  private synchronized Optional<Session> session() {
    if (!looked) {
      looked = true;
      findPruned();
      if (!pruned.isEmpty()) {
        session = compile.apply(model.withGraph(opened(model.graph())));
      }
    }
    return Optional.ofNullable(session);
  }

  /** A transposed convolution is planned with more zeros than its weight has. */
  private void findPruned() {
    Map<String, Tensor> initializers = model.graph().initializers();
    for (Node node : model.graph().nodes()) {
      if (node.isStandard() && PRODUCTS.contains(node.op())) {
        for (String input : node.inputs().subList(0, 2)) {
          Tensor weights = initializers.get(input);
          boolean zeros =
              weights != null
                  && weights.type() == DataType.FLOAT
                  && (node.is("ConvTranspose") || weights.nonzeros() < weights.size());
          if (zeros) {
            pruned.put(input, weights);
          }
        }
      }
    }
  }

  private Graph opened(Graph graph) {
    var inputs = new ArrayList<>(graph.requiredInputs());
    pruned.forEach((name, value) -> inputs.add(ValueInfo.of(name, value.type(), value.shape())));
    var rest = new LinkedHashMap<>(graph.initializers());
    rest.keySet().removeAll(pruned.keySet());
    return new Graph(graph.name(), graph.nodes(), rest, List.copyOf(inputs), graph.outputs());
  }

  synchronized void close() {
    looked = true;
    if (session != null) {
      session.close();
    }
  }
}
