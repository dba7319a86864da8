package org.espalier.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.espalier.graph.Attribute;
import org.espalier.graph.Bytes;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.reference.Agreement;
import org.espalier.reference.OnnxRuntime;
import org.junit.jupiter.api.RepeatedTest;

/** RNN, GRU and LSTM with random attributes and optional inputs, against ONNX Runtime. */
class RecurrentTest {
  private final SeededRandom random = SeededRandom.fresh();

  private enum Kind {
    RNN(1, 1),
    GRU(3, 2),
    LSTM(4, 3);

    private final int gates;
    private final int activations;

    Kind(int gates, int activations) {
      this.gates = gates;
      this.activations = activations;
    }
  }

  @RepeatedTest(40)
  void agreesWithOnnxRuntime() {
    Kind kind = Kind.values()[random.nextInt(3)];
    int steps = 1 + random.nextInt(7);
    int batch = 1 + random.nextInt(4);
    int features = 1 + random.nextInt(11);
    int hidden = 1 + random.nextInt(13);
    String direction = List.of("forward", "reverse", "bidirectional").get(random.nextInt(3));
    int directions = direction.equals("bidirectional") ? 2 : 1;
    var attributes = attributes(kind, directions);
    attributes.put("hidden_size", Attribute.of(hidden));
    attributes.put("direction", Attribute.of(direction));
    var given = new LinkedHashMap<String, Tensor>();
    int rows = kind.gates * hidden;
    given.put("x", random.gaussian(steps, batch, features));
    given.put("w", random.gaussian(directions, rows, features));
    // A larger recurrence is chaotic: what rounding changes grows from step to step.
    given.put(
        "r", scaled(random.gaussian(directions, rows, hidden), 0.5f / (float) Math.sqrt(hidden)));
    var names = new ArrayList<>(List.of("x", "w", "r"));
    names.add(sometimes("b", given, random.gaussian(directions, 2L * rows)));
    names.add(sometimes("lengths", given, lengths(batch, steps)));
    names.add(sometimes("h", given, random.gaussian(directions, batch, hidden)));
    if (kind == Kind.LSTM) {
      names.add(sometimes("c", given, random.gaussian(directions, batch, hidden)));
      names.add(sometimes("p", given, random.gaussian(directions, 3L * hidden)));
    }
    List<String> outputs = kind == Kind.LSTM ? List.of("y", "yh", "yc") : List.of("y", "yh");
    Shape state = Shape.of(directions, batch, hidden);
    var results = new ArrayList<ValueInfo>();
    for (String output : outputs) {
      Shape shape = output.equals("y") ? Shape.of(steps, directions, batch, hidden) : state;
      results.add(ValueInfo.of(output, DataType.FLOAT, shape));
    }
    Model model = model(kind, names, results, attributes, given);
    try (OnnxRuntime reference = OnnxRuntime.of(model);
        Session session = Engine.compile(model)) {
      Map<String, Tensor> expected = reference.run(given);
      Map<String, Tensor> actual = session.run(given);
      for (String output : outputs) {
        Agreement agreement = Agreement.of(expected.get(output), actual.get(output), 1e-4);
        assertThat(agreement.holds())
            .as("%s of %s %s: %s", output, kind, attributes, agreement.reason())
            .isTrue();
      }
    }
  }

  private String sometimes(String name, Map<String, Tensor> given, Tensor tensor) {
    if (random.nextBoolean()) {
      return "";
    }
    given.put(name, tensor);
    return name;
  }

  private static Tensor scaled(Tensor tensor, float factor) {
    for (long k = 0; k < tensor.size(); k++) {
      tensor.setFloat(k, factor * tensor.floatAt(k));
    }
    return tensor;
  }

  /** One sequence is as long as the input: ONNX Runtime wants it so. */
  private Tensor lengths(int batch, int steps) {
    int[] lengths = random.ints(batch, 1, steps + 1).toArray();
    lengths[random.nextInt(batch)] = steps;
    return Tensor.of(lengths, batch);
  }

  private Map<String, Attribute> attributes(Kind kind, int directions) {
    var attributes = new TreeMap<String, Attribute>();
    if (random.nextInt(3) == 0) {
      // Without bounds, a state that is multiplied by itself soon overflows.
      List<String> known =
          kind == Kind.RNN
              ? List.of("Relu", "Tanh", "Softsign")
              : List.of("Tanh", "Sigmoid", "Softsign", "HardSigmoid");
      attributes.put(
          "activations",
          new Attribute.StringValues(
              Stream.generate(() -> Bytes.utf8(known.get(random.nextInt(known.size()))))
                  .limit((long) kind.activations * directions)
                  .toList()));
    }
    if (random.nextInt(3) == 0) {
      attributes.put("clip", Attribute.of(0.5f + random.nextFloat()));
    }
    if (kind == Kind.GRU) {
      attributes.put("linear_before_reset", Attribute.of(random.nextInt(2)));
    }
    if (kind == Kind.LSTM) {
      attributes.put("input_forget", Attribute.of(random.nextInt(2)));
    }
    return attributes;
  }

  private static Model model(
      Kind kind,
      List<String> inputs,
      List<ValueInfo> results,
      Map<String, Attribute> attributes,
      Map<String, Tensor> given) {
    List<ValueInfo> values =
        given.entrySet().stream()
            .map(e -> ValueInfo.of(e.getKey(), e.getValue().type(), e.getValue().shape()))
            .toList();
    List<String> outputs = results.stream().map(ValueInfo::name).toList();
    var details = values.getFirst().details();
    var node = new Node("node", kind.name(), "", "", inputs, outputs, attributes, details);
    return Model.of(new Graph("g", List.of(node), Map.of(), values, results), 8, 17);
  }
}
