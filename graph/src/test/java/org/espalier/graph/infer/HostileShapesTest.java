package org.espalier.graph.infer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Dim;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.onnx.Onnx;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.testing.TestData;
import org.junit.jupiter.api.Test;

/** Real cases, spoilt at random, end in shapes or in one clear error. */
class HostileShapesTest {
  private static final long[] ODD_NUMBERS = {
    0,
    1,
    -1,
    2,
    -2,
    3,
    7,
    1000,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };

  private final SeededRandom random = SeededRandom.fresh();

  @Test
  void spoiltModelsGiveNothingButInvalidInput() throws IOException {
    var failures = new TreeMap<String, String>();
    int refused = 0;
    int trials = 0;
    for (String name : Files.readAllLines(TestData.of("onnx-backend", "node-in-scope.txt"))) {
      Path folder = TestData.of("onnx-backend", "node", name);
      Model model = Onnx.read(folder.resolve("model.onnx"));
      Map<String, Tensor> inputs = inputs(model, folder.resolve("test_data_set_0"));
      for (int k = 0; k < 12; k++) {
        trials++;
        Model spoilt = spoil(model, inputs);
        var contents = new HashMap<String, Tensor>();
        inputs.forEach(
            (input, tensor) -> {
              if (random.nextInt(4) > 0) {
                contents.put(input, spoil(tensor));
              }
            });
        try {
          Shapes.infer(spoilt, Map.of(), contents);
        } catch (InvalidInputException expected) {
          assertThat(expected.getMessage()).isNotBlank();
          refused++;
        } catch (RuntimeException failure) {
          failures.put(
              model.graph().nodes().getFirst().op() + " " + name,
              failure + " " + List.of(failure.getStackTrace()).stream().limit(5).toList());
        }
      }
    }
    System.out.println(refused + " of " + trials + " spoilt models refused");
    assertThat(failures).isEmpty();
    assertThat(refused).isGreaterThan(trials / 10);
  }

  private static Map<String, Tensor> inputs(Model model, Path data) throws IOException {
    var inputs = new LinkedHashMap<String, Tensor>();
    for (int k = 0; k < model.graph().inputs().size(); k++) {
      inputs.put(
          model.graph().inputs().get(k).name(),
          Onnx.readTensor(data.resolve("input_" + k + ".pb")));
    }
    return inputs;
  }

  private Model spoil(Model model, Map<String, Tensor> inputs) {
    Graph graph = model.graph();
    var nodes = new ArrayList<>(graph.nodes());
    int victim = random.nextInt(nodes.size());
    nodes.set(victim, spoil(nodes.get(victim)));
    // The declared shapes would refuse any other input before a rule sees it.
    var open = new ArrayList<ValueInfo>();
    for (ValueInfo input : graph.inputs()) {
      Tensor tensor = inputs.get(input.name());
      open.add(
          random.nextInt(5) == 0
              ? ValueInfo.of(input.name(), tensor.type(), spoil(tensor.shape()))
              : new ValueInfo(input.name(), Type.tensor(tensor.type())));
    }
    return model.withGraph(new Graph("spoilt", nodes, graph.initializers(), open, List.of()));
  }

  private Node spoil(Node node) {
    if (random.nextInt(4) == 0 && !node.inputs().isEmpty()) {
      var inputs = new ArrayList<>(node.inputs());
      int victim = random.nextInt(inputs.size());
      switch (random.nextInt(3)) {
        case 0 -> inputs.remove(victim);
        case 1 -> inputs.set(victim, "");
        default -> inputs.set(victim, inputs.get(random.nextInt(inputs.size())));
      }
      return node.withInputs(inputs);
    }
    if (node.attributes().isEmpty()) {
      return node;
    }
    var keys = List.copyOf(node.attributes().keySet());
    String key = keys.get(random.nextInt(keys.size()));
    if (random.nextInt(6) == 0) {
      var fewer = new LinkedHashMap<>(node.attributes());
      fewer.remove(key);
      return node.withAttributes(fewer);
    }
    return node.with(
        key,
        switch (node.attributes().get(key)) {
          case Attribute.IntValue _ -> Attribute.of(oddNumber());
          case Attribute.IntValues(List<Long> values) -> {
            var changed = new ArrayList<>(values);
            if (random.nextBoolean() || changed.isEmpty()) {
              changed.add(oddNumber());
            } else {
              changed.set(random.nextInt(changed.size()), oddNumber());
            }
            yield new Attribute.IntValues(changed);
          }
          case Attribute.StringValue _ -> Attribute.of("ab,bc->q...");
          case Attribute other -> other;
        });
  }

  private long oddNumber() {
    return ODD_NUMBERS[random.nextInt(ODD_NUMBERS.length)];
  }

  private Shape spoil(Shape shape) {
    var dims = new ArrayList<>(shape.dims());
    for (int k = random.nextInt(3); k > 0; k--) {
      int at = random.nextInt(dims.size() + 1);
      switch (random.nextInt(4)) {
        case 0 -> dims.add(at, Dim.of(random.nextInt(6)));
        case 1 -> dims.add(at, Dim.symbol("N"));
        case 2 -> dims.add(at, Dim.unknown());
        default -> dims.add(at, Dim.of(Math.absExact(Math.max(oddNumber(), -Long.MAX_VALUE))));
      }
      if (!dims.isEmpty() && random.nextBoolean()) {
        dims.remove(random.nextInt(dims.size()));
      }
    }
    return new Shape(dims);
  }

  /** Another tensor of the same type, for whatever shape the graph declares. */
  private Tensor spoil(Tensor tensor) {
    if (tensor.type() == DataType.INT64 && random.nextBoolean()) {
      var values = tensor.integers();
      for (int k = 0; k < values.length; k++) {
        values[k] = random.nextInt(3) == 0 ? oddNumber() : values[k];
      }
      return values.length == 0 ? tensor : Tensor.of(values).reshape(tensor.dims());
    }
    if (random.nextInt(4) == 0) {
      return Tensor.allocate(tensor.type(), random.nextInt(4), 1 + random.nextInt(3));
    }
    return tensor;
  }
}
