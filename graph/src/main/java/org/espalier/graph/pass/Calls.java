package org.espalier.graph.pass;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.espalier.graph.Function;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;

/** A model's functions by what a call names, known to end and to leave a graph of bounded size. */
final class Calls {
  /** Functions that call functions can say a lot in a few bytes. */
  private static final long MOST_NODES = 1_000_000;

  private record Key(String domain, String name, String overload) {}

  private final Map<Key, Function> functions = new HashMap<>();
  private final Map<Key, Long> sizes = new HashMap<>();
  private final Set<Key> open = new HashSet<>();

  /**
   * @throws InvalidInputException where a function calls itself, or the calls add up to more than a
   *     million nodes
   */
  Calls(Model model) {
    for (Function function : model.functions()) {
      functions.put(new Key(function.domain(), function.name(), function.overload()), function);
    }
    size(model.graph().nodes());
  }

  Optional<Function> function(Node node) {
    return Optional.ofNullable(functions.get(key(node)));
  }

  private static Key key(Node node) {
    return new Key(node.domain(), node.op(), node.overload());
  }

  private long size(List<Node> nodes) {
    long size = 0;
    for (Node node : nodes) {
      size += size(node);
      size += node.subgraphs().stream().mapToLong(graph -> size(graph.nodes())).sum();
      if (size > MOST_NODES) {
        throw new InvalidInputException(
            "over " + MOST_NODES + " nodes once the model's functions are inlined");
      }
    }
    return size;
  }

  private long size(Node node) {
    Key key = key(node);
    Function function = functions.get(key);
    if (function == null) {
      return 1;
    }
    Long known = sizes.get(key);
    if (known != null) {
      return known;
    }
    if (!open.add(key)) {
      throw new InvalidInputException("function '" + function.name() + "' calls itself");
    }
    long size = size(function.nodes());
    open.remove(key);
    sizes.put(key, size);
    return size;
  }
}
