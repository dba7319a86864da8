package org.espalier.graph.pass;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.infer.Shapes;

/**
 * Computes element by element before elements are repeated: what reads an Expand reads its input
 * where the other operands repeat it anyway, and is otherwise repeated itself.
 */
public final class LateExpand implements Pass {
  private static final Set<String> ELEMENTWISE =
      Set.of("Where", "And", "Or", "Not", "Add", "Sub", "Mul", "Div");

  @Override
  public Model apply(Model model) {
    List<Node> before = model.graph().nodes();
    return before.stream().anyMatch(node -> node.is("Expand")) ? new Walk(model).late() : model;
  }

  private static final class Walk {
    private final Model model;
    private final Shapes shapes;
    private final FixedValues constants;
    private final Map<String, long[]> sizes = new HashMap<>();
    private final Map<String, String> repeated = new HashMap<>();
    private final List<Node> nodes = new ArrayList<>();

    Walk(Model model) {
      this.model = model;
      shapes = Shapes.infer(model);
      constants = new FixedValues(model);
    }

    Model late() {
      for (Node node : model.graph().nodes()) {
        if (node.is("Expand") && known(node)) {
          String input = node.inputs().getFirst();
          repeated.put(node.outputs().getFirst(), repeated.getOrDefault(input, input));
          nodes.add(node);
        } else if (node.isStandard()
            && ELEMENTWISE.contains(node.op())
            && node.inputs().stream().anyMatch(repeated::containsKey)
            && known(node)) {
          add(node);
        } else {
          nodes.add(node);
        }
      }
      return nodes.equals(model.graph().nodes()) ? model : constants.rebuilt(nodes);
    }

    private void add(Node node) {
      String output = node.outputs().getFirst();
      Node bare =
          node.withInputs(
              node.inputs().stream().map(name -> repeated.getOrDefault(name, name)).toList());
      long[] small =
          bare.inputs().stream().map(name -> of(name).get()).reduce(ResultSize::broadcast).get();
      long[] whole = of(output).get();
      if (Arrays.equals(small, whole)) {
        nodes.add(bare);
        return;
      }
      String fewer = constants.freshName(output + "_once");
      String shape = constants.freshName(output + "_shape");
      constants.put(shape, Tensor.of(whole, whole.length));
      sizes.put(fewer, small);
      repeated.put(output, fewer);
      nodes.add(bare.withOutputs(List.of(fewer)));
      nodes.add(Node.of("Expand", List.of(fewer, shape), node.outputs()));
    }

    private boolean known(Node node) {
      return of(node.outputs().getFirst()).isPresent()
          && node.inputs().stream().allMatch(name -> of(name).isPresent());
    }

    private Optional<long[]> of(String name) {
      return Optional.ofNullable(sizes.get(name))
          .or(() -> shapes.shape(name).flatMap(shape -> shape.sizes()));
    }
  }
}
