package org.espalier.prune.repair;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AutoGradMode;
import org.espalier.graph.Constants;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.Layer;
import org.espalier.prune.Layers;
import org.espalier.prune.Nets;
import org.espalier.prune.OneLayer;
import org.espalier.prune.Outcome;
import org.espalier.prune.Recipe;
import org.espalier.prune.evidence.Calibration;
import org.espalier.torch.Libtorch;
import org.espalier.torch.Mode;
import org.espalier.torch.TorchModel;
import org.junit.jupiter.api.Test;

/** Repairs of networks whose shapes are as they were. */
class MaskedRepairTest {
  private static final List<String> VALUES = List.of("c", "h1", "h2", "h3", "logits");

  private final SeededRandom random = SeededRandom.fresh();
  private final Tensor examples = random.gaussian(97, 3, 6, 6);
  private final Calibration data = Calibration.of("input", examples, null, 16);

  /** Mean and standard deviation of each channel of a value. */
  private double[][] moments(Model model, String value) {
    try (TorchModel torch = TorchModel.of(model);
        var _ = new PointerScope();
        var _ = new AutoGradMode(false)) {
      var values =
          torch.forward(Map.of("input", Libtorch.view(examples)), Mode.EVAL, Set.of(value));
      Tensor all = Libtorch.copy(values.taps().get(value));
      int channels = (int) all.dim(1);
      int plane = (int) (all.size() / 97 / channels);
      double[][] moments = new double[2][channels];
      for (int channel = 0; channel < channels; channel++) {
        double sum = 0;
        double squares = 0;
        for (int n = 0; n < 97; n++) {
          for (int k = 0; k < plane; k++) {
            double element = all.realAt(((long) n * channels + channel) * plane + k);
            sum += element;
            squares += element * element;
          }
        }
        moments[0][channel] = sum / (97 * plane);
        moments[1][channel] = Math.sqrt(squares / (97 * plane) - Math.pow(sum / (97 * plane), 2));
      }
      return moments;
    }
  }

  private Model pruned(Model model, double sparsity) {
    return Recipe.named("magnitude").sparsity(sparsity).apply(model).model();
  }

  private static long zeros(Model model) {
    return Layers.of(model).layers().stream()
        .mapToLong(l -> l.size() - l.tensor().nonzeros())
        .sum();
  }

  @Test
  void inputsThatArentFiniteAreToldOf() {
    Model model = Nets.mixed(3);
    Model pruned = pruned(model, 0.7);
    examples.setFloat(5, Float.NaN);
    assertThatThrownBy(() -> new Renormalization(true).mend(model, pruned, data))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageMatching(
            "channel \\d+ is NaN on average over the calibration data, expected a finite number");
  }

  @Test
  void everyChannelGetsItsSpreadBackAndWhereThereIsABiasItsMean() {
    Model model = Nets.mixed(3);
    Model pruned = pruned(model, 0.7);
    Model mended = new Renormalization(true).mend(model, pruned, data);
    assertThat(zeros(mended)).isEqualTo(zeros(pruned));
    for (String value : VALUES) {
      double[][] wanted = moments(model, value);
      double[][] given = moments(mended, value);
      double scale = wanted[1][0];
      boolean biased = value.equals("c") || value.equals("h1");
      for (int channel = 0; channel < wanted[0].length; channel++) {
        assertThat(given[1][channel]).isCloseTo(wanted[1][channel], within(1e-3 * scale));
        if (biased) {
          assertThat(given[0][channel]).isCloseTo(wanted[0][channel], within(1e-3 * scale));
        }
      }
    }
  }

  @Test
  void whatWasntPrunedStaysAsItWas() {
    Model model = Nets.mixed(4);
    Model mended = new Renormalization(true).mend(model, model, data);
    for (Layer layer : Layers.of(model).layers()) {
      Tensor now = Constants.of(mended.graph()).get(layer.weight());
      for (int k = 0; k < layer.size(); k++) {
        double before = layer.tensor().realAt(k);
        assertThat(now.realAt(k)).isCloseTo(before, within(1e-5 * Math.abs(before)));
      }
    }
  }

  @Test
  void aDeadChannelStaysFinite() {
    Model model = Nets.mixed(5);
    Model pruned = pruned(model, 0.97);
    for (String repair : List.of("renormalise", "rescale", "bias", "renormalise,bias")) {
      Model mended = Repair.parse(repair).mend(model, pruned, data);
      for (Tensor weight : Constants.of(mended.graph()).values()) {
        for (long k = 0; k < weight.size(); k++) {
          assertThat(Double.isFinite(weight.realAt(k))).as(repair).isTrue();
        }
      }
    }
  }

  /** A layer's input that never changes: what its pruned weights gave goes into the bias. */
  @Test
  void onConstantInputsTheBiasMakesUpForAll() {
    Tensor constant = Tensor.of(new float[40 * 108], 40, 3, 6, 6);
    for (long k = 0; k < constant.size(); k++) {
      constant.setFloat(k, examples.floatAt(k % 108));
    }
    Model model = Nets.mixed(6);
    Model pruned =
        Recipe.named("magnitude")
            .sparsity(0.5)
            .keepDense(Set.of("conv.weight", "fc2.weight", "fc3.weight", "fc4.weight"))
            .apply(model)
            .model();
    Calibration same = Calibration.of("input", constant, null, 16);
    Model mended = new BiasAbsorption().mend(model, pruned, same);
    try (TorchModel before = TorchModel.of(model);
        TorchModel after = TorchModel.of(mended)) {
      Tensor wanted = before.run(Map.of("input", constant)).get("logits");
      Tensor given = after.run(Map.of("input", constant)).get("logits");
      for (int k = 0; k < 5; k++) {
        assertThat(given.realAt(k))
            .isCloseTo(wanted.realAt(k), within(1e-4 * Math.abs(wanted.realAt(k)) + 1e-3));
      }
    }
  }

  /** The catalogue's second check: what is left of the error is the pruned weights' variance. */
  @Test
  void noConstantComesNearerThanTheMean() {
    Model model = Nets.mixed(random.nextLong());
    Model sparse = pruned(model, 0.6);
    for (boolean signed : new boolean[] {false, true}) {
      Model mended = new MeanReplacement(signed).mend(model, sparse, Calibration.NONE);
      for (Layer layer : Layers.of(model).layers()) {
        Tensor zeroed = Constants.of(sparse.graph()).get(layer.weight());
        Tensor filled = Constants.of(mended.graph()).get(layer.weight());
        double sum = 0;
        double squares = 0;
        double error = 0;
        int count = 0;
        for (int k = 0; k < layer.size(); k++) {
          double before = layer.tensor().realAt(k);
          if (zeroed.realAt(k) != 0) {
            assertThat(filled.realAt(k)).isEqualTo(before);
            continue;
          }
          sum += signed ? Math.abs(before) : before;
          squares += before * before;
          error += Math.pow(before - filled.realAt(k), 2);
          count++;
        }
        assertThat(error).isCloseTo(squares - sum * sum / count, within(1e-5 * squares));
      }
    }
  }

  @Test
  void aMeanIsForMasksAlone() {
    Model model = Nets.mixed(7);
    Calibration digits = Nets.calibration(3, 31);
    Model updated = Recipe.named("sparsegpt").apply(model, digits).model();
    assertThatThrownBy(() -> Repair.parse("mean").mend(model, updated, digits))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("only set to zero");
    assertThat(Repair.parse("renormalise,mean").fillsZeros()).isTrue();
  }

  @Test
  void aRepairOfChannelsSaysSo() {
    var one = OneLayer.of(random.gaussian(3, 4), random.gaussian(9, 4));
    Outcome out = Recipe.named("magnitude").apply(one.model());
    assertThatThrownBy(
            () -> Repair.parse("least-squares").mend(one.model(), out.model(), one.data()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "repair 'least-squares' mends removed channels; for zeroed weights there are"
                + " renormalise, rescale, batch-norm, bias, mean, signed-mean");
    assertThat(Repair.NONE.mend(one.model(), out.model(), null)).isSameAs(out.model());
  }
}
