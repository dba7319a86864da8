package org.espalier.torch;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Node;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;

/**
 * The Gradient operator of ONNX's preview of training: derivatives of a value {@code y} of the
 * graph with respect to inputs of the graph, {@code xs}, by autograd.
 *
 * <p>The standard also has it at points other than where the graph is run, and with respect to
 * values in between; such nodes are refused. Where {@code y} has several elements it is their sum
 * that is differentiated.
 */
final class Gradients {
  private static final String DOMAIN = "ai.onnx.preview.training";

  private Gradients() {}

  static boolean is(Node node) {
    return node.domain().equals(DOMAIN) && node.op().equals("Gradient");
  }

  /** The values of a graph that are differentiated with respect to. */
  static Set<String> sources(Graph graph) {
    var sources = new HashSet<String>();
    graph.nodes().stream().filter(Gradients::is).forEach(node -> sources.addAll(xs(node)));
    return sources;
  }

  private static List<String> xs(Node node) {
    return node.strings("xs");
  }

  /** Why a node can't be done on this graph, where these values are {@code made} before it. */
  static Optional<String> refusal(Node node, Graph graph, Set<String> made) {
    var fed = new ArrayList<>(xs(node));
    fed.addAll(node.strings("zs"));
    List<String> inputs =
        graph.inputs().stream().filter(Gradients::isReal).map(ValueInfo::name).toList();
    if (!node.inputs().equals(fed)) {
      return Optional.of(
          "inputs %s are not the values %s of 'xs' and 'zs'".formatted(node.inputs(), fed));
    }
    if (!inputs.containsAll(fed)) {
      return Optional.of(
          "'xs' and 'zs' %s are not all floating-point inputs of the graph".formatted(fed));
    }
    String y = node.text("y", "");
    return made.contains(y)
        ? Optional.empty()
        : Optional.of("'y' is '" + y + "', which no node before it makes");
  }

  private static boolean isReal(ValueInfo input) {
    return input.type() instanceof Type.TensorType(DataType element, _)
        && element.isFloat()
        && Fallback.isNative(element);
  }

  /** The names that a node reads: {@code xs}, and {@code y} behind them. */
  static List<String> reads(Node node) {
    var reads = new ArrayList<>(xs(node));
    reads.add(node.text("y", ""));
    return reads;
  }

  /** A value that can be differentiated with respect to. */
  static Tensor source(Tensor value) {
    Tensor source = value.detach();
    source.set_requires_grad(true);
    return source;
  }

  /** A rule whose inputs are those of {@link #reads}. */
  static Tensor[] apply(Call call) {
    int count = call.inputs().size() - 1;
    var of = new LinkedHashMap<String, Tensor>();
    for (int k = 0; k < count; k++) {
      of.put(Integer.toString(k), call.in(k));
    }
    // Differentiable, as another Gradient may be of this one, or of the same value.
    return Autograd.gradients(call.in(count).sum(), of, Autograd.History.CONTINUED)
        .values()
        .toArray(Tensor[]::new);
  }
}
