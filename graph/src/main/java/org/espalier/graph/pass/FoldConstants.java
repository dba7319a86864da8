package org.espalier.graph.pass;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.eval.Evaluator;

/**
 * Computes what does not depend on the model's inputs, once, and stores it as initializers.
 *
 * <p>Left alone are nodes that make an output of the graph, those that the {@link Evaluator} has no
 * rule for in the form of the model's operator set, those that it can't run, dequantisation (the
 * file would lose its small weights), and those whose result would be larger than their inputs by
 * more than a limit. {@code Constant} nodes and initializers stay; {@link RemoveDeadNodes} takes
 * what is no longer used.
 */
public final class FoldConstants implements Pass {
  /** By how many bytes a result may be larger than what it is made from. */
  public static final long DEFAULT_GROWTH = 1 << 20;

  /** The first operator set in which an operator means what it means now. */
  private static final Map<String, Integer> SINCE =
      Map.of(
          "Softmax", 13, "LogSoftmax", 13, "Hardmax", 13, "Resize", 11, "GroupNormalization", 21);

  private static final Set<String> KEPT = Set.of("Constant", "DequantizeLinear", "Identity");

  private final long growth;

  public FoldConstants() {
    this(DEFAULT_GROWTH);
  }

  /** Folding that lets a result be larger than its inputs by {@code growth} bytes. */
  public FoldConstants(long growth) {
    if (growth < 0) {
      throw new InvalidInputException("a growth of " + growth + " bytes, expected 0 or more");
    }
    this.growth = growth;
  }

  @Override
  public Model apply(Model model) {
    var constants = new FixedValues(model);
    var outputs = new HashSet<String>();
    model.graph().outputs().stream().map(ValueInfo::name).forEach(outputs::add);
    var kept = new ArrayList<Node>();
    for (Node node : model.graph().nodes()) {
      Optional<List<Tensor>> results =
          isCandidate(node, model.opset()) && node.outputs().stream().noneMatch(outputs::contains)
              ? results(node, constants)
              : Optional.empty();
      if (results.isEmpty()) {
        kept.add(node);
        continue;
      }
      for (int k = 0; k < node.outputs().size(); k++) {
        if (node.output(k).isPresent()) {
          constants.put(node.outputs().get(k), results.get().get(k));
        }
      }
    }
    return kept.size() == model.graph().nodes().size() ? model : constants.rebuilt(kept);
  }

  private static boolean isCandidate(Node node, long opset) {
    return Evaluator.supports(node)
        && !KEPT.contains(node.op())
        && opset >= SINCE.getOrDefault(node.op(), 7)
        && node.subgraphs().isEmpty()
        && !node.inputs().isEmpty();
  }

  private Optional<List<Tensor>> results(Node node, FixedValues constants) {
    var inputs = new ArrayList<Tensor>();
    long bytes = growth;
    for (String name : node.inputs()) {
      Optional<Tensor> input = name.isEmpty() ? Optional.empty() : constants.find(name);
      if (input.isEmpty() && !name.isEmpty()) {
        return Optional.empty();
      }
      inputs.add(input.orElse(null));
      bytes += input.map(tensor -> tensor.data().byteSize()).orElse(0L);
    }
    long width =
        inputs.stream()
            .filter(Objects::nonNull)
            .max(Comparator.comparingLong(tensor -> tensor.data().byteSize()))
            .map(tensor -> Math.max(1, tensor.type().bits() / 8))
            .orElse(1);
    if (ResultSize.bound(node, inputs) > bytes / width) {
      return Optional.empty();
    }
    try {
      List<Tensor> results = Evaluator.evaluate(node, inputs);
      long size = results.stream().mapToLong(t -> t == null ? 0 : t.data().byteSize()).sum();
      return size <= bytes ? Optional.of(results) : Optional.empty();
    } catch (InvalidInputException | ArithmeticException problem) {
      return Optional.empty(); // the node stays, and is reported if it is ever run
    }
  }
}
