package org.espalier.train.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.onnx.Onnx;
import org.espalier.graph.zoo.Zoo;
import org.espalier.prune.Budget;
import org.espalier.prune.Layers;
import org.espalier.prune.Mask;
import org.espalier.prune.Masks;
import org.espalier.prune.Method;
import org.espalier.prune.Methods;
import org.espalier.prune.Pattern;
import org.espalier.prune.Recipe;
import org.espalier.prune.coupling.Coupling;
import org.espalier.reference.OnnxRuntime;
import org.espalier.torch.TorchModel;
import org.espalier.train.Evaluation;
import org.espalier.train.FixedMasks;
import org.espalier.train.Regimen;
import org.espalier.train.Step;
import org.espalier.train.Trained;
import org.espalier.train.Trainer;
import org.espalier.train.TrainingMethod;
import org.espalier.train.TrainingOptions;
import org.espalier.train.TrainingProgress;
import org.espalier.train.TrainingRule;
import org.espalier.train.TrainingTask;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.Datasets;
import org.espalier.train.data.Splits;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every method that prunes while a network trains, or trains it for pruning, owes. */
final class TrainingMethodContractTest {
  private static final double SHARE = 0.73;
  private static final double CHANNELS = 0.4;

  private static Dataset data;
  private static Dataset judges;

  /** The training of each method that the tests have in common. */
  private static final Map<String, Trained> WHOLE = new HashMap<>();

  @TempDir Path folder;

  @BeforeAll
  static void draw() throws IOException {
    Splits digits = Datasets.open("embedded");
    data = digits.train().slice(0, 403);
    judges = digits.test().slice(0, 101);
  }

  static Stream<TrainingMethod> methods() {
    return Methods.all().stream()
        .filter(TrainingMethod.class::isInstance)
        .map(TrainingMethod.class::cast);
  }

  private static Model net() {
    return Zoo.build("mlpnet", 3);
  }

  private static TrainingOptions options() {
    return TrainingOptions.usual(2).withBatch(31).withSeed(5).withThreads(1);
  }

  private static boolean removesChannels(Method method) {
    return method.about().patterns().contains("structured");
  }

  /** How many of so many weights a method is to make zero. */
  private static long pruned(Method method, long size) {
    return method.about().prunes() ? Math.round(SHARE * size) : 0;
  }

  private static Regimen regimen(TrainingMethod method, TrainingOptions options) {
    Budget budget =
        removesChannels(method) ? new Budget.Channels(CHANNELS) : new Budget.Sparsity(SHARE);
    Optional<Budget> asked = method.about().prunes() ? Optional.of(budget) : Optional.empty();
    return method.plan(
        new TrainingTask(data, options, asked, new Pattern.Unstructured(), Optional.empty()));
  }

  private static Trained whole(TrainingMethod method) throws IOException {
    String name = method.about().name();
    if (!WHOLE.containsKey(name)) {
      WHOLE.put(name, train(net(), regimen(method, options()), TrainingProgress.SILENT));
    }
    return WHOLE.get(name);
  }

  private static Trained train(
      Model model, Regimen regimen, TrainingProgress progress, TrainingRule... before)
      throws IOException {
    var rules = new ArrayList<TrainingRule>(List.of(before));
    rules.addAll(regimen.rules());
    rules.add(new Watch());
    return new Trainer(model, regimen.options())
        .with(rules.toArray(TrainingRule[]::new))
        .train(regimen.data(), Optional.of(judges), progress);
  }

  /** Looks at every pruned weight after every step. */
  private record Watch() implements TrainingRule {
    @Override
    public void afterUpdate(Step step) {
      step.masks()
          .byWeight()
          .forEach(
              (name, mask) -> {
                Tensor weight = step.weights().get(name);
                for (int k = mask.bits().nextClearBit(0); k < mask.size(); k++) {
                  if (!mask.keeps(k)) {
                    assertThat(Float.floatToRawIntBits(weight.floatAt(k))).as(name).isZero();
                  }
                }
              });
    }
  }

  @ParameterizedTest
  @MethodSource("methods")
  void meetsItsTargetExactlyAndTouchesNothingElse(TrainingMethod method) throws IOException {
    Model model = net();
    Map<String, Tensor> before = copies(model);
    Trained trained = train(model, regimen(method, options()), TrainingProgress.SILENT);
    assertThat(model.graph().initializers()).isEqualTo(before);
    assertThat(trained.model().graph().initializers()).isNotEqualTo(before);
    if (removesChannels(method)) {
      int all = Coupling.of(model).channels();
      assertThat(Coupling.of(trained.model()).channels())
          .isEqualTo(all - (int) Math.round(CHANNELS * all));
    } else {
      Layers layers = Layers.of(trained.model());
      assertThat(trained.masks().pruned()).isEqualTo(pruned(method, layers.size()));
      layers
          .layers()
          .forEach(
              layer -> {
                Mask mask = trained.masks().byWeight().get(layer.weight());
                int kept = mask == null ? layer.size() : mask.kept();
                assertThat(layer.tensor().nonzeros()).isEqualTo(kept);
              });
    }
  }

  private static Map<String, Tensor> copies(Model model) {
    var copies = new LinkedHashMap<String, Tensor>();
    model.graph().initializers().forEach((name, tensor) -> copies.put(name, tensor.copy()));
    return copies;
  }

  @ParameterizedTest
  @MethodSource("methods")
  void endsWithTheSameBytesWhereverItWasInterrupted(TrainingMethod method) throws IOException {
    Trained whole = whole(method);
    Trained again = train(net(), regimen(method, options()), TrainingProgress.SILENT);
    assertThat(again.model().graph().initializers())
        .isEqualTo(whole.model().graph().initializers());
    Path checkpoint = folder.resolve("state.safetensors");
    Regimen resumable = regimen(method, options().withCheckpoint(checkpoint));
    for (int stop : new int[] {1, 7, 14, 22}) {
      assertThatThrownBy(() -> train(net(), resumable, interruptedAfter(stop)))
          .isInstanceOf(CancellationException.class);
      assertThat(Thread.interrupted()).isTrue();
    }
    Trained pieced = train(net(), resumable, TrainingProgress.SILENT);
    assertThat(pieced.model().graph().initializers())
        .isEqualTo(whole.model().graph().initializers());
    assertThat(pieced.masks()).isEqualTo(whole.masks());
    assertThat(pieced.epochs().getLast().loss()).isEqualTo(whole.epochs().getLast().loss());
  }

  private static TrainingProgress interruptedAfter(long stop) {
    return new TrainingProgress() {
      @Override
      public void step(long step, long steps, int epoch, double loss) {
        if (step == stop) {
          Thread.currentThread().interrupt();
        }
      }
    };
  }

  @ParameterizedTest
  @MethodSource("methods")
  void otherExecutorsAgreeOnWhatIsWritten(TrainingMethod method) throws IOException {
    Trained trained = whole(method);
    Path file = folder.resolve("trained.onnx");
    Onnx.write(trained.model(), file);
    Model read = Onnx.read(file);
    try (var torch = TorchModel.of(read);
        var runtime = OnnxRuntime.of(read)) {
      Evaluation here = Evaluation.of(torch, read, judges);
      Evaluation there = Evaluation.of(runtime, read, judges);
      assertThat(there.accuracy()).isEqualTo(here.accuracy());
      assertThat(Math.abs(there.loss() - here.loss())).isLessThan(1e-5);
    }
  }

  @ParameterizedTest
  @MethodSource("methods")
  void whatWasZeroBeforeStaysSo(TrainingMethod method) throws IOException {
    if (removesChannels(method)) {
      return;
    }
    Model sparse = Recipe.named("magnitude").sparsity(0.3).apply(net()).model();
    Masks zeros = Masks.ofNonzeros(Layers.of(sparse).layers());
    Regimen regimen = regimen(method, options());
    Trained trained = train(sparse, regimen, TrainingProgress.SILENT, new FixedMasks(zeros));
    trained
        .masks()
        .byWeight()
        .forEach((weight, mask) -> assertThat(mask.within(zeros.byWeight().get(weight))).isTrue());
    assertThat(trained.masks().pruned())
        .isEqualTo(Math.max(zeros.pruned(), pruned(method, zeros.size())));
  }

  @ParameterizedTest
  @MethodSource("methods")
  void staysNearTheBaseThatItTakes(TrainingMethod method) throws IOException {
    if (!method.takesBase()) {
      return;
    }
    Model base = Zoo.build("mlpnet", 4);
    var task =
        new TrainingTask(
            data,
            options(),
            Optional.empty(),
            new Pattern.Unstructured(),
            Optional.empty(),
            Optional.of(base));
    Trained near = train(net(), method.plan(task), TrainingProgress.SILENT);
    assertThat(distance(near.model(), base)).isLessThan(distance(whole(method).model(), base));
  }

  private static double distance(Model model, Model base) {
    Map<String, Tensor> from = base.graph().initializers();
    double squares = 0;
    for (var weight : model.graph().initializers().entrySet()) {
      for (long k = 0; k < weight.getValue().size(); k++) {
        squares += Math.pow(weight.getValue().realAt(k) - from.get(weight.getKey()).realAt(k), 2);
      }
    }
    return squares;
  }

  @ParameterizedTest
  @MethodSource("methods")
  void asksForABudgetThatItCanTake(TrainingMethod method) {
    var task =
        new TrainingTask(
            data,
            options(),
            Optional.of(new Budget.Parameters(1000)),
            new Pattern.Unstructured(),
            Optional.empty());
    assertThatThrownBy(() -> method.plan(task))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(method.about().name())
        .hasMessageContaining("--budget");
  }
}
