package org.espalier.study.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.Allocation;
import org.espalier.prune.Layer;
import org.espalier.prune.Layers;
import org.espalier.prune.Recipe;
import org.espalier.reference.OnnxRuntime;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.TensorDataset;
import org.junit.jupiter.api.Test;

/** Features, variances and singular values against what the network's formula says. */
class FeaturesTest {
  private static final int INPUTS = 5;
  private static final int HIDDEN = 7;
  private static final int CLASSES = 3;

  private final SeededRandom random = SeededRandom.fresh();
  private final Model model = Networks.perceptron(random, INPUTS, HIDDEN, CLASSES);
  private final Dataset data = Networks.classified(random, 41, INPUTS, CLASSES);

  @Test
  void lengthsAndAnglesMakeTheLogits() {
    Tensor logits;
    try (OnnxRuntime runtime = OnnxRuntime.of(model)) {
      logits = runtime.run(Map.of("x", Networks.all(data)[0])).get("y");
    }
    Tensor bias = model.graph().initializer("b2").orElseThrow();
    try (Subject subject = Networks.subject(model, data, data)) {
      Features features = Features.of(subject, "it");
      double[] norms = features.norms();
      double[] margins = features.margins();
      for (int n = 0; n < 41; n++) {
        double[] h = features.rows().get(n);
        double best = Double.NEGATIVE_INFINITY;
        for (int c = 0; c < CLASSES; c++) {
          double[] w = features.classes()[c];
          double cosine = Features.cosine(h, w);
          assertThat(Features.norm(w) * norms[n] * cosine + bias.realAt(c))
              .isCloseTo(logits.realAt(n * (long) CLASSES + c), within(1e-5));
          best = c == features.labels()[n] ? best : Math.max(best, cosine);
        }
        assertThat(margins[n]).isCloseTo(features.cosines()[n] - best, within(1e-12));
      }
    }
  }

  @Test
  void identicalNetworksAreCorrelatedInAll() {
    try (Subject one = Networks.subject(model, data, data);
        Subject same = Networks.subject(model, data, data)) {
      Findings change = new FeatureChange().of(one, same);
      assertThat(change.numbers().values())
          .hasSize(3)
          .allSatisfy(number -> assertThat(number).isCloseTo(1, within(1e-9)));
      assertThat(new ActivationVariance().of(one, same).number("varianceKept"))
          .isCloseTo(1, within(1e-12));
    }
    assertThat(FeatureChange.correlation(new double[] {1, 2, 3}, new double[] {-2, -4, -6}))
        .isCloseTo(-1, within(1e-12));
    assertThat(FeatureChange.correlation(new double[] {1, 2}, new double[] {3, 3})).isNaN();
  }

  /** Against itself, and with the sign of all that goes into its units turned. */
  @Test
  void noUnitSwitchesBetweenTheSameAndAllDoWhereSignsAreTurned() {
    var turned = new HashMap<String, Tensor>();
    for (String name : List.of("w1", "b1")) {
      Tensor tensor = model.graph().initializer(name).orElseThrow().copy();
      for (long k = 0; k < tensor.size(); k++) {
        tensor.setFloat(k, -tensor.floatAt(k));
      }
      turned.put(name, tensor);
    }
    Model other = model.withGraph(model.graph().replacing(turned));
    try (Subject one = Networks.subject(model, data, data);
        Subject same = Networks.subject(model, data, data);
        Subject opposite = Networks.subject(other, data, data)) {
      assertThat(new ActivationCodes().of(one, same).number("switched")).isZero();
      assertThat(new ActivationCodes().of(one, opposite).number("switched")).isEqualTo(100);
    }
  }

  /** The first unit is on for both examples, the second for one of them. */
  @Test
  void switchedUnitsAreCounted() {
    var dataOfTwo =
        TensorDataset.classified(
            Tensor.of(new float[] {1, 1, 1, -1}, 2, 2),
            Tensor.of(new long[] {0, 1}, 2),
            Networks.names(2));
    try (Subject one = Networks.subject(units(1), dataOfTwo, dataOfTwo);
        Subject other = Networks.subject(units(-1), dataOfTwo, dataOfTwo)) {
      Findings found = new ActivationCodes().of(one, other);
      assertThat(found.number("switched")).isEqualTo(50);
      assertThat(found.tables().getFirst().rows().getFirst().subList(1, 3))
          .containsExactly(75.0, 75.0);
    }
  }

  private Model units(float second) {
    Model net = Networks.perceptron(random, 2, 2, 2);
    Tensor weights = Tensor.of(new float[] {1, 0, 0, second}, 2, 2);
    return net.withGraph(
        net.graph().replacing(Map.of("w1", weights, "b1", Tensor.of(new float[2], 2))));
  }

  @Test
  void variancesAreThoseOfTheOutputs() {
    Tensor x = Networks.all(data)[0];
    Tensor w = model.graph().initializer("w1").orElseThrow();
    try (Subject subject = Networks.subject(model, data, data)) {
      double[] found = ActivationVariance.variances(subject).get("w1");
      for (int h = 0; h < HIDDEN; h++) {
        double[] outputs = new double[41];
        for (int n = 0; n < 41; n++) {
          for (int i = 0; i < INPUTS; i++) {
            outputs[n] += x.realAt((long) n * INPUTS + i) * w.realAt((long) i * HIDDEN + h);
          }
        }
        double mean = Answers.mean(outputs);
        double square = 0;
        for (double output : outputs) {
          square += (output - mean) * (output - mean) / 41;
        }
        assertThat(found[h]).isCloseTo(square, within(1e-4 * (1 + square)));
      }
    }
  }

  @Test
  void singularValuesAreThoseOfTheMatrix() {
    double angle = 6 * random.nextDouble();
    float cos = (float) Math.cos(angle);
    float sin = (float) Math.sin(angle);
    // A rotation times diag(4, 0.5), stored as inputs x outputs.
    Model turned =
        Networks.linear(
            Tensor.of(new float[] {4 * cos, 4 * sin, -0.5f * sin, 0.5f * cos}, 2, 2),
            Tensor.of(new float[2], 2));
    Dataset two = Networks.classified(random, 5, 2, 2);
    try (Subject subject = Networks.subject(turned, two, two)) {
      Layer layer = subject.layers().getFirst();
      double[] singular = Conditioning.singular(layer);
      assertThat(singular).containsExactly(new double[] {4, 0.5}, within(1e-5));
      assertThat(Conditioning.condition(singular)).isCloseTo(8, within(1e-4));
      assertThat(new Conditioning().of(subject).number("largestNorm")).isCloseTo(4, within(1e-5));
    }
    assertThat(Conditioning.condition(new double[] {3, 0})).isNaN();
    assertThat(FeatureGeometry.between(new double[][] {{1, 0}, {0, 2}, {-3, 0}}))
        .isCloseTo(-1 / 3.0, within(1e-12));
  }

  /** Weyl's inequality: pruning moves a singular value by at most the norm of what it took. */
  @Test
  void singularValuesMoveNoFartherThanTheNormOfWhatWent() {
    Model wide = Networks.perceptron(random, 13, 11, CLASSES);
    for (String method : List.of("magnitude", "spectrum-preserving", "random")) {
      Recipe recipe = Recipe.named(method).allocation(Allocation.UNIFORM).sparsity(0.7);
      Model pruned = recipe.apply(wide).model();
      for (Layer layer : Layers.of(wide).layers()) {
        Tensor after = pruned.graph().initializer(layer.weight()).orElseThrow();
        Tensor gone = layer.tensor().copy();
        for (long k = 0; k < gone.size(); k++) {
          gone.setReal(k, gone.realAt(k) - after.realAt(k));
        }
        double norm = Conditioning.singular(layer.with(gone))[0];
        double[] was = Conditioning.singular(layer);
        double[] is = Conditioning.singular(layer.with(after));
        for (int k = 0; k < was.length; k++) {
          assertThat(is[k]).isBetween(was[k] - norm - 1e-6, was[k] + norm + 1e-6);
        }
      }
    }
  }

  @Test
  void theLastLayerMustTellTheClasses() {
    Dataset more = Networks.classified(random, 20, INPUTS, CLASSES + 2);
    try (Subject subject = Networks.subject(model, more, more)) {
      assertThatThrownBy(() -> new FeatureGeometry().of(subject))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("features needs a linear layer with a row for each class");
    }
    assertThat(Measurements.named(List.of("features"))).hasSize(1);
  }
}
