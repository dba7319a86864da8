package org.espalier.train.rule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.zoo.Zoo;
import org.espalier.prune.Layer;
import org.espalier.prune.Layers;
import org.espalier.prune.Recipe;
import org.espalier.torch.TorchModel;
import org.espalier.train.Evaluation;
import org.espalier.train.Trained;
import org.espalier.train.data.Dataset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PartialTrainingTest {
  private final SeededRandom random = SeededRandom.fresh();

  private static Model sparse() {
    return Recipe.named("magnitude").sparsity(0.8).apply(Rules.net()).model();
  }

  private static Set<String> changed(Model before, Model after) {
    var changed = new TreeSet<String>();
    before
        .graph()
        .initializers()
        .forEach(
            (name, tensor) -> {
              if (!tensor.equals(after.graph().initializers().get(name))) {
                changed.add(name);
              }
            });
    return changed;
  }

  private static Trained train(Model model, String parts) {
    return Rules.train(model, Rules.options(1), Rules.digits(203), PartialTraining.parse(parts));
  }

  @Test
  void onlyBiasesMove() {
    Model model = sparse();
    Model after = train(model, "bias").model();
    assertThat(changed(model, after)).isNotEmpty().allMatch(name -> name.endsWith(".bias"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"head", "bias,norm,head,lora", "lora", "bias,scale"})
  void zerosStayZeroAndTheGraphIsAsItWas(String parts) {
    Model model = sparse();
    Model after = train(model, parts).model();
    assertThat(after.graph().nodes()).isEqualTo(model.graph().nodes());
    assertThat(after.graph().initializers().keySet())
        .isEqualTo(model.graph().initializers().keySet());
    assertThat(changed(model, after)).isNotEmpty();
    Map<String, Tensor> before = model.graph().initializers();
    for (Layer layer : Layers.of(after).layers()) {
      for (int k = 0; k < layer.size(); k++) {
        if (before.get(layer.weight()).realAt(k) == 0) {
          assertThat(layer.tensor().realAt(k)).isZero();
        }
      }
    }
  }

  @Test
  void theHeadIsTrainedWholeBesideAdapters() {
    Model model = sparse();
    PartialTraining rule = PartialTraining.parse("head,lora");
    String head = Layers.of(model).layers().getLast().weight();
    Set<String> trained = rule.trains(rule.prepare(model)).orElseThrow();
    assertThat(trained).contains(head).noneMatch(name -> name.startsWith(head + "/"));
  }

  @ParameterizedTest
  @CsvSource({"mlpnet, false", "mlpnet, true", "lenet-5, false", "lenet-5, true"})
  void adaptersChangeNothingAtFirstAndMergeWithoutLoss(String name, boolean scaling) {
    Model model = Recipe.named("magnitude").sparsity(0.7).apply(Zoo.build(name, 3)).model();
    Model adapted = Adapters.added(model, Set.of(), scaling);
    Dataset digits = Rules.digits(101);
    Tensor images = random.gaussian(7, 1, 28, 28);
    assertSame(adapted, model, images);
    var trained = new LinkedHashMap<String, Tensor>();
    for (String weight : Adapters.weights(adapted.graph())) {
      Tensor before = adapted.graph().initializers().get(weight);
      Tensor moved = random.gaussian(before.dims());
      for (long k = 0; k < moved.size(); k++) {
        moved.setReal(k, (scaling ? 0.2 : 0.05) * moved.realAt(k));
      }
      trained.put(weight, moved);
    }
    Model moved = adapted.withGraph(adapted.graph().replacing(trained));
    Model merged = Adapters.merged(moved);
    double loss = evaluate(moved, digits).loss();
    assertThat(loss).isNotCloseTo(evaluate(model, digits).loss(), within(1e-4));
    assertSame(merged, moved, images);
    assertThat(merged.graph().nodes()).isEqualTo(model.graph().nodes());
  }

  private static void assertSame(Model one, Model other, Tensor images) {
    Tensor expected = logits(other, images);
    Tensor found = logits(one, images);
    double largest = 0;
    for (long k = 0; k < found.size(); k++) {
      largest = Math.max(largest, Math.abs(expected.realAt(k)));
    }
    for (long k = 0; k < found.size(); k++) {
      assertThat(found.realAt(k)).isCloseTo(expected.realAt(k), within(1e-5 * largest));
    }
  }

  private static Tensor logits(Model model, Tensor images) {
    try (TorchModel torch = TorchModel.of(model)) {
      return torch.run(Map.of("input", images)).values().iterator().next();
    }
  }

  private static Evaluation evaluate(Model model, Dataset data) {
    try (TorchModel torch = TorchModel.of(model)) {
      return Evaluation.of(torch, model, data);
    }
  }

  /** r (rows + columns) for each layer. */
  @Test
  void asManyWeightsAreTrainedAsTheFormulaSays() {
    Model model = sparse();
    Model adapted = Adapters.added(model, Set.of(), false);
    long expected = 0;
    for (Layer layer : Layers.of(model).layers()) {
      long rank = Math.min(16, Math.min(layer.rows(), layer.columns()));
      expected += rank * (layer.rows() + layer.columns());
    }
    Map<String, Tensor> all = adapted.graph().initializers();
    assertThat(
            PartialTraining.parse("lora").trains(adapted).orElseThrow().stream()
                .mapToLong(name -> all.get(name).size())
                .sum())
        .isEqualTo(expected);
  }

  @Test
  void whatIsNoPartSaysWhichThereAre() {
    assertThatThrownBy(() -> PartialTraining.parse("bias,legs"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("no part 'legs' to train; expected some of bias, norm, head, lora, scale");
    assertThatThrownBy(() -> train(Rules.net(), "norm"))
        .hasMessage("the model has no weight to train");
  }
}
