package org.espalier.train.init;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.UnaryOperator;
import org.espalier.graph.Attribute;
import org.espalier.graph.Constants;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.build.Conv;
import org.espalier.graph.build.GraphBuilder;
import org.espalier.graph.build.Init;
import org.espalier.graph.build.Value;
import org.espalier.graph.zoo.Zoo;
import org.espalier.prune.Layer;
import org.espalier.prune.Layers;
import org.espalier.train.Redrawn;
import org.junit.jupiter.api.Test;

class InitializationTest {
  private static final OptionalDouble OPEN = OptionalDouble.empty();

  /** Three linear layers with an activation behind the first two. */
  private static Model perceptron(UnaryOperator<Value> activation) {
    Value x = GraphBuilder.of("net", 3).input("x", 31);
    x = activation.apply(x.linear("a", 47));
    x = activation.apply(x.linear("b", 53));
    x = x.linear("c", 7);
    return x.builder().output("y", x).build();
  }

  private static List<Double> variances(Model model) {
    return Initialization.atEdgeOfChaos(model, OPEN, 1).layers().stream()
        .map(row -> row.weights() * row.weights())
        .toList();
  }

  private static void assertVariances(UnaryOperator<Value> activation, double expected) {
    assertThat(variances(perceptron(activation)))
        .hasSize(3)
        .allSatisfy(variance -> assertThat(variance).isCloseTo(expected, within(1e-5)));
  }

  @Test
  void everyLayerHasItsActivationsScale() {
    assertVariances(Value::relu, 2);
    assertVariances(Value::relu6, 2);
    assertVariances(Value::tanh, 1);
    assertVariances(x -> x.then("LeakyRelu", Map.of("alpha", Attribute.of(0.5f))), 1.6);
    assertVariances(x -> x.then("PRelu", x.builder().real(0.5f)), 1.6);
    assertVariances(x -> x.relu().tanh(), 2);
    assertVariances(x -> x.tanh().mul(x.builder().real(0.5f)), 4);
    assertThat(variances(perceptron(Value::softmax))).endsWith(2.0000000000000004); // He
  }

  /** Whatever an exporter writes for it. */
  @Test
  void aSpelledOutActivationIsTheSame() {
    double gelu = variances(perceptron(Value::gelu)).getLast();
    EdgeOfChaos edge =
        EdgeOfChaos.of(
                x -> {
                  double[] y = new double[x.length];
                  for (int k = 0; k < y.length; k++) {
                    y[k] = x[k] / (1 + Math.exp(-x[k]));
                  }
                  return y;
                })
            .orElseThrow();
    assertVariances(InitializationTest::spelledGelu, gelu);
    assertVariances(x -> x.mul(x.sigmoid()), edge.weights() * edge.weights());
    assertVariances(Value::silu, edge.weights() * edge.weights());
  }

  private static Value spelledGelu(Value x) {
    Value root = x.builder().real((float) Math.sqrt(2));
    Value one = x.builder().real(1);
    Value half = x.builder().real(0.5f);
    return x.mul(x.div(root).then("Erf").add(one)).mul(half);
  }

  @Test
  void weightsAndBiasesAreDrawnAtTheirScale() {
    Value x = GraphBuilder.of("net", 3).input("x", 31).linear("a", 400).tanh();
    x = x.matmul("b.weight", 500, Init.lecunNormal());
    x = x.add(x.builder().weight("b.bias", Init.constant(3), 500)).tanh().linear("c", 300);
    Model model = x.builder().output("y", x).build();
    var drawn = Initialization.atEdgeOfChaos(model, OptionalDouble.of(0.3), 5);
    Map<String, Tensor> constants = Constants.of(drawn.model().graph());
    List<Layer> layers = Layers.of(drawn.model()).layers();
    for (int k = 0; k < 3; k++) {
      Initialization.Row row = drawn.layers().get(k);
      assertThat(row.layer()).isEqualTo(layers.get(k).weight());
      assertThat(row.weights()).isCloseTo(1.39, within(0.01)); // as in the paper
      Tensor weight = layers.get(k).tensor();
      double expected = row.weights() * row.weights() / layers.get(k).columns();
      double spread = 7 * Math.sqrt(2.0 / weight.size());
      assertThat(meanSquare(weight) / expected).isCloseTo(1, within(spread));
      Tensor bias = constants.get(List.of("a", "b", "c").get(k) + ".bias");
      assertThat(meanSquare(bias) / 0.09)
          .as("a bias has mean zero, whatever it was")
          .isCloseTo(1, within(7 * Math.sqrt(2.0 / bias.size())));
    }
    Model still = Initialization.atEdgeOfChaos(model, OPEN, 5).model();
    assertThat(meanSquare(Constants.of(still.graph()).get("b.bias"))).isZero();
  }

  private static double meanSquare(Tensor tensor) {
    double sum = 0;
    for (long k = 0; k < tensor.size(); k++) {
      sum += tensor.realAt(k) * tensor.realAt(k);
    }
    return sum / tensor.size();
  }

  @Test
  void reluNetworksAreDrawnAfterHe() {
    Model model = Zoo.build("resnet20", 5);
    var drawn = Initialization.atEdgeOfChaos(model, OPEN, 7);
    assertThat(drawn.layers())
        .allSatisfy(row -> assertThat(row.weights()).isCloseTo(Math.sqrt(2), within(1e-6)));
    Map<String, Tensor> he = Constants.of(Redrawn.of(model, 7).graph());
    for (Layer layer : Layers.of(drawn.model()).layers()) {
      Tensor expected = he.get(layer.weight());
      for (int k = 0; k < layer.size(); k++) {
        double weight = expected.realAt(k);
        assertThat(layer.tensor().realAt(k)).isCloseTo(weight, within(1e-5 * Math.abs(weight)));
      }
    }
  }

  @Test
  void whatStandsBeforeALayerIsSaid() {
    Value x = GraphBuilder.of("net", 3).input("x", 3, 8, 8);
    x = x.conv("a", 5, Conv.kernel(3)).batchNorm("an").tanh().maxPool(2, 2, 0);
    Value y = x.conv("b", 5, Conv.kernel(1)).batchNorm("bn").add(x).relu();
    y = y.flatten().linear("c", 11).linear("d", 13).layerNorm("n", 1e-5f).linear("e", 3);
    Model model = y.builder().output("y", y).build();
    var rows = Initialization.atEdgeOfChaos(model, OPEN, 1).layers();
    assertThat(rows)
        .extracting(Initialization.Row::behind)
        .containsExactly("input", "Tanh", "Relu", "Gemm", "LayerNormalization");
    double[] variances = {1, 1, 2, 1, 1};
    for (int k = 0; k < variances.length; k++) {
      assertThat(rows.get(k).weights() * rows.get(k).weights())
          .isCloseTo(variances[k], within(1e-6));
      assertThat(rows.get(k).note()).isEmpty();
    }
  }

  @Test
  void whatHasNoEdgeIsDrawnAfterHeAndSaysSo() {
    var asked = Initialization.atEdgeOfChaos(perceptron(Value::relu), OptionalDouble.of(0.3), 1);
    assertThat(asked.layers())
        .allSatisfy(
            row -> {
              assertThat(row.note()).contains("no edge of chaos with such biases");
              assertThat(row.weights()).isEqualTo(Math.sqrt(2));
              assertThat(row.biases()).isZero();
            });
    var softplus = Initialization.atEdgeOfChaos(perceptron(x -> x.then("Softplus")), OPEN, 1);
    assertThat(softplus.layers()).allSatisfy(row -> assertThat(row.note()).contains("no edge"));
  }

  /** RMS normalisation as LLaMA's exports spell it, and a transposed convolution. */
  @Test
  void networksOfOtherKinds() {
    Model model = Zoo.build("llama-tiny", 1);
    assertThat(Initialization.atEdgeOfChaos(model, OPEN, 1).layers())
        .filteredOn(row -> row.behind().equals("Div"))
        .hasSize(21)
        .allSatisfy(row -> assertThat(row.weights()).isEqualTo(1));
    Value x = GraphBuilder.of("net", 3).input("x", 3, 8, 8).convTranspose("up", 5, 2, 2).relu();
    Model up = x.builder().output("y", x.conv("c", 4, Conv.kernel(1))).build();
    assertThat(Initialization.atEdgeOfChaos(up, OPEN, 1).layers()).hasSize(2);
  }

  @Test
  void theSeedDecides() {
    Model model = perceptron(Value::tanh);
    var once = Constants.of(Initialization.atEdgeOfChaos(model, OPEN, 1).model().graph());
    var again = Constants.of(Initialization.atEdgeOfChaos(model, OPEN, 1).model().graph());
    var other = Constants.of(Initialization.atEdgeOfChaos(model, OPEN, 2).model().graph());
    assertThat(once).isEqualTo(again);
    assertThat(once.get("b.weight")).isNotEqualTo(other.get("b.weight"));
    assertThat(Initialization.of(model, 0.7, 0.3, 1).layers())
        .allSatisfy(row -> assertThat(row.weights()).isEqualTo(0.7));
  }
}
