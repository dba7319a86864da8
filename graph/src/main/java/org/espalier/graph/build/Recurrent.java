package org.espalier.graph.build;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.espalier.graph.Attribute;
import org.espalier.graph.Dim;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Shape;

/**
 * A recurrent layer over tokens [N, sequence, features], in one or both directions.
 *
 * <p>Its weights have ONNX's layout: {@code weight} [directions, gates * hidden, features], {@code
 * recurrence} [directions, gates * hidden, hidden], {@code bias} [directions, 2 * gates * hidden].
 */
public enum Recurrent {
  RNN(1),
  GRU(3),
  LSTM(4);

  private final int gates;

  Recurrent(int gates) {
    this.gates = gates;
  }

  /** The hidden state after the last step of each direction: [directions, N, hidden]. */
  public Value last(String name, Value x, int hidden, int directions) {
    Shape shape = Shape.of(Dim.of(directions), x.shape().dim(0), Dim.of(hidden));
    Value last = new Value(x.builder(), x.builder().take(name), x.type(), shape);
    add(name, x, hidden, directions, List.of("", name));
    return last;
  }

  /** The hidden state at each step: [sequence, directions, N, hidden]. */
  public Value states(String name, Value x, int hidden, int directions) {
    Shape shape = Shape.of(x.shape().dim(1), Dim.of(directions), x.shape().dim(0), Dim.of(hidden));
    Value states = new Value(x.builder(), x.builder().take(name), x.type(), shape);
    add(name, x, hidden, directions, List.of(name));
    return states;
  }

  private void add(String name, Value x, int hidden, int directions, List<String> outputs) {
    if (directions < 1 || directions > 2) {
      throw new InvalidInputException(
          "'%s': %d directions, expected 1 or 2".formatted(name, directions));
    }
    GraphBuilder g = x.builder();
    Init init = Init.uniform(1 / StrictMath.sqrt(hidden));
    long rows = (long) gates * hidden;
    var attributes = new TreeMap<String, Attribute>();
    attributes.put("hidden_size", Attribute.of(hidden));
    attributes.put("direction", Attribute.of(directions == 1 ? "forward" : "bidirectional"));
    if (this == GRU) {
      attributes.put("linear_before_reset", Attribute.of(1));
    }
    g.node(
        name(),
        List.of(
            x.transpose(1, 0, 2),
            g.weight(name + ".weight", init, directions, rows, x.size(-1)),
            g.weight(name + ".recurrence", init, directions, rows, hidden),
            g.weight(name + ".bias", init, directions, 2 * rows)),
        Map.copyOf(attributes),
        outputs);
  }
}
