package org.espalier.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.espalier.graph.Attribute;
import org.espalier.graph.Bytes;
import org.espalier.graph.DataType;
import org.espalier.graph.Dim;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.UnsupportedModelException;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.zoo.Zoo;
import org.junit.jupiter.api.Test;

class SessionTest {
  private final SeededRandom random = SeededRandom.fresh();

  @Test
  void concurrentRunsAreEqualToTheLastBit() throws Exception {
    Model model = Sparsified.of(Zoo.build("lenet-5", 1), 0.9, random);
    Map<String, Tensor> inputs = Sparsified.inputs(model, 2, random);
    try (Session session = Engine.compile(model, new Options(2));
        var pool = Executors.newFixedThreadPool(4)) {
      Map<String, Tensor> expected = session.run(inputs);
      Callable<Boolean> runs =
          () -> {
            boolean same = true;
            for (int k = 0; k < 50; k++) {
              same &= session.run(inputs).equals(expected);
            }
            return same;
          };
      var results = new ArrayList<Future<Boolean>>();
      for (int k = 0; k < 4; k++) {
        results.add(pool.submit(runs));
      }
      for (Future<Boolean> result : results) {
        assertThat(result.get()).isTrue();
      }
    }
  }

  /** Two axes are open, and a picture of one pixel would be too small for the window. */
  @Test
  void onlyAnOpenBatchIsPlannedAhead() {
    Tensor x = random.gaussian(1, 2, 7, 7);
    try (Session session = Engine.compile(pooling(Dim.symbol("H")))) {
      assertThat(session.plan()).isEmpty();
      assertThat(session.run(x).dims()).containsExactly(1, 2, 5, 5);
    }
    try (Session session = Engine.compile(pooling(Dim.of(7)))) {
      assertThat(session.plan()).isNotEmpty();
    }
  }

  /** A product of constants that is small, but by its inputs' sizes might be too large to fold. */
  @Test
  void aLayerOfConstantsIsAddedToTheRest() {
    int batch = 700;
    Tensor fixed = random.gaussian(batch, 1, 1);
    Shape shape = Shape.of(batch, 1, 1);
    var graph =
        new Graph(
            "constants",
            List.of(
                Node.of("MatMul", List.of("fixed", "fixed"), List.of("made")),
                Node.of("Add", List.of("x", "made"), List.of("sum")),
                Node.of("Relu", List.of("sum"), List.of("y"))),
            Map.of("fixed", fixed),
            List.of(ValueInfo.of("x", DataType.FLOAT, shape)),
            List.of(ValueInfo.of("y", DataType.FLOAT, shape)));
    try (Session session = Engine.compile(Model.of(graph, 8, 17))) {
      Tensor x = random.gaussian(batch, 1, 1);
      Tensor y = session.run(x);
      for (int k = 0; k < batch; k++) {
        float made = (float) (fixed.realAt(k) * fixed.realAt(k));
        assertThat(y.realAt(k)).isEqualTo(Math.max(0, (float) x.realAt(k) + made));
      }
    }
  }

  private static Model pooling(Dim height) {
    Shape in = new Shape(List.of(Dim.symbol("N"), Dim.of(2), height, Dim.of(7)));
    Map<String, Attribute> window = Map.of("kernel_shape", Attribute.of(3, 3));
    var graph =
        new Graph(
            "pool",
            List.of(Node.of("MaxPool", List.of("x"), List.of("y"), window)),
            Map.of(),
            List.of(ValueInfo.of("x", DataType.FLOAT, in)),
            List.of(new ValueInfo("y", Type.tensor(DataType.FLOAT))));
    return Model.of(graph, 8, 17);
  }

  @Test
  void compositeOperatorsAreSpelledOut() {
    var graph =
        new Graph(
            "rotary",
            List.of(Node.of("RotaryEmbedding", List.of("x", "cos", "sin"), List.of("y"))),
            Map.of(
                "cos", Tensor.of(new float[] {0, 0}, 1, 1, 2),
                "sin", Tensor.of(new float[] {1, 1}, 1, 1, 2)),
            List.of(ValueInfo.of("x", DataType.FLOAT, Shape.of(1, 1, 1, 4))),
            List.of(ValueInfo.of("y", DataType.FLOAT, Shape.of(1, 1, 1, 4))));
    try (Session session = Engine.compile(Model.of(graph, 11, 23))) {
      Tensor y = session.run(Tensor.of(new float[] {1, 2, 3, 4}, 1, 1, 1, 4));
      assertThat(y.floats()).containsExactly(-3, -4, 1, 2); // a quarter turn
    }
  }

  @Test
  void aPlanSaysWhy() {
    Model model = Sparsified.of(Zoo.build("mlpnet", 1), 0.9, random);
    try (Session session = Engine.compile(model, new Options(1))) {
      assertThat(session.plan()).isNotEmpty();
      assertThat(session.plan().getLast().density()).isBetween(0.0, 0.3);
      assertThat(session.plan()).allSatisfy(c -> assertThat(c.reason()).isNotBlank());
    }
  }

  @Test
  void badInputsAreNamed() {
    Model model = Zoo.build("mlpnet", 1);
    String name = model.graph().requiredInputs().getFirst().name();
    try (Session session = Engine.compile(model)) {
      assertThatThrownBy(() -> session.run(Map.of()))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("input '" + name + "' is missing");
      Tensor right = Tensor.allocate(DataType.FLOAT, 1, 1, 28, 28);
      assertThatThrownBy(() -> session.run(Map.of(name, right, "more", right)))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("no input 'more'");
      assertThatThrownBy(() -> session.run(Tensor.allocate(DataType.FLOAT, 1, 1, 28, 27)))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("[1, 1, 28, 27]");
      assertThatThrownBy(() -> session.run(Tensor.allocate(DataType.DOUBLE, 1, 1, 28, 28)))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("DOUBLE");
    }
  }

  @Test
  void everyUnsupportedNodeIsListed() {
    var x = ValueInfo.of("x", DataType.FLOAT, Shape.of(1, 4));
    var y = ValueInfo.of("y", DataType.FLOAT, Shape.of(1, 4));
    var nodes =
        List.of(
            new Node("a", "Frob", "acme", "", List.of("x"), List.of("t"), Map.of(), x.details()),
            new Node("b", "Knob", "acme", "", List.of("t"), List.of("y"), Map.of(), x.details()));
    Model model = Model.of(new Graph("odd", nodes, Map.of(), List.of(x), List.of(y)), 8, 17);
    assertThatThrownBy(() -> Engine.compile(model))
        .isInstanceOf(UnsupportedModelException.class)
        .hasMessageContaining("'a'")
        .hasMessageContaining("'b'");
  }

  @Test
  void textGoesThrough() {
    var x = ValueInfo.of("x", DataType.STRING, Shape.of(3));
    var y = ValueInfo.of("y", DataType.STRING, Shape.of(3));
    var attributes = Map.of("case_change_action", Attribute.of("UPPER"));
    var node =
        new Node(
            "", "StringNormalizer", "", "", List.of("x"), List.of("y"), attributes, x.details());
    Model model =
        Model.of(new Graph("text", List.of(node), Map.of(), List.of(x), List.of(y)), 8, 17);
    List<Bytes> words = List.of(Bytes.utf8("one"), Bytes.utf8("two"), Bytes.utf8("three"));
    try (Session session = Engine.compile(model)) {
      for (int k = 0; k < 2; k++) {
        assertThat(session.run(Tensor.ofStrings(words, 3)).strings())
            .containsExactly(Bytes.utf8("ONE"), Bytes.utf8("TWO"), Bytes.utf8("THREE"));
      }
    }
  }

  @Test
  void closeEndsTheThreads() {
    long before = threads();
    Session session = Engine.compile(Zoo.build("mlpnet", 1), new Options(3));
    assertThat(threads()).isEqualTo(before + 2);
    session.close();
    assertThat(threads()).isEqualTo(before);
    assertThatThrownBy(() -> session.run(Tensor.allocate(DataType.FLOAT, 1, 1, 28, 28)))
        .isInstanceOf(IllegalStateException.class);
  }

  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("espalier-engine"))
        .count();
  }
}
