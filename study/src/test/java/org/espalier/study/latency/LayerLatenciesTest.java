package org.espalier.study.latency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.inspect.Inspection;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.zoo.Zoo;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.rewrite.Costs;
import org.espalier.prune.rewrite.Rewriting;
import org.espalier.prune.structured.Forecast;
import org.espalier.reference.OnnxRuntime;
import org.espalier.study.report.Progress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Forecasts against a machine whose times are known: multiply-accumulates in blocks. */
class LayerLatenciesTest {
  private static final int PERIOD = 8;

  @TempDir Path folder;
  private final SeededRandom random = SeededRandom.fresh();
  private final List<String> timed = new ArrayList<>();

  /** Outputs in blocks of 8; inputs in blocks of 2, with odd widths a quarter slower. */
  private static double blocks(Model layer) {
    Node node = layer.graph().nodes().getFirst();
    Tensor weight = layer.graph().initializers().get("w");
    long groups = node.integer("group", 1);
    boolean conv = node.is("Conv");
    boolean outFirst = conv || node.integer("transB", 0) != 0;
    long out = weight.dim(outFirst ? 0 : 1) / groups;
    long in = weight.dim(outFirst ? 1 : 0);
    double window = (double) weight.size() / (weight.dim(0) * weight.dim(1));
    double pixels = conv ? (double) Inspection.of(layer).macs() / weight.size() : 1;
    double each = 1e-6 * window * pixels;
    return groups > 1 && in == 1
        ? each * 8 * Math.ceilDiv(groups, 8)
        : each * groups * (in % 2 == 0 ? in : 1.25 * (in + 1)) * 8 * Math.ceilDiv(out, 8);
  }

  private LayerTimer timer() {
    return new LayerTimer(
        "blocks",
        1,
        PERIOD,
        (layer, inputs) -> {
          timed.add(layer.graph().initializers().get("w").shape().toString());
          return blocks(layer);
        });
  }

  private LayerLatencies measured(Model model, Path cache) {
    return LayerLatencies.of(model, Inspection.of(model).inputs(), timer(), cache, Progress.NONE);
  }

  /** What all layers of a model take. */
  private static double whole(Model model) {
    Coupling coupling = Coupling.of(model);
    return Site.of(coupling, Inspection.of(model).inputs()).stream()
        .mapToDouble(site -> blocks(site.form().at(site.width())))
        .sum();
  }

  @ParameterizedTest
  @ValueSource(strings = {"resnet20", "lenet-5", "mlpnet", "shufflenetv2"})
  void aForecastIsWhatTheSmallerNetworkTakes(String name) {
    Model model = Zoo.build(name, 1);
    Coupling coupling = Coupling.of(model);
    LayerLatencies latencies = measured(model, null);
    Costs costs = Costs.of(coupling);
    Forecast forecast = latencies.forecast(coupling, costs, whole(model));
    int[] all = coupling.groups().stream().mapToInt(Group::size).toArray();
    assertThat(forecast.ms(all)).isCloseTo(whole(model), within(1e-6 * whole(model)));
    for (int trial = 0; trial < 5; trial++) {
      var gone = new BitSet();
      for (Group group : coupling.groups()) {
        for (int k = 0; k < group.size() - 1; k++) {
          gone.set(group.first() + k, random.nextInt(3) == 0);
        }
      }
      var removal = new Removal(coupling, gone);
      double truth = whole(Rewriting.of(removal).model());
      assertThat(forecast.ms(costs.kept(removal)))
          .as("trial %d of %s", trial, name)
          .isBetween(0.8 * truth, 1.25 * truth);
    }
  }

  @Test
  void stepsShowWhichWidthsPay() {
    Steps steps = Steps.of(10, 13, 12, 14, 12, 14, 12, 14, 12);
    assertThat(steps.as(8)).isEqualTo(8);
    assertThat(steps.as(9)).isEqualTo(16);
    assertThat(steps.as(15)).isEqualTo(16);
    assertThat(steps.factor(16)).isEqualTo(1);
    assertThat(steps.factor(18)).isEqualTo(1);
    assertThat(steps.factor(17)).isCloseTo(13.0 / 12, within(1e-9));
    assertThat(steps.factor(19)).isCloseTo(14.0 / 12, within(1e-9));
    Steps flat = Steps.of(5, 5, 5, 5, 5);
    assertThat(flat.as(7)).isEqualTo(7);
    assertThat(flat.factor(7)).isEqualTo(1);
  }

  @Test
  void whatWasMeasuredIsNeverMeasuredAgain() throws Exception {
    Model model = Zoo.build("resnet20", 1);
    Path cache = folder.resolve("deep/times");
    LatencyTable first = measured(model, cache).table();
    assertThat(timed).isNotEmpty();
    timed.clear();
    assertThat(measured(model, cache).table()).isEqualTo(first);
    assertThat(timed).isEmpty();
    assertThat(first.layers()).allMatch(layer -> !layer.names().isEmpty());
    List<String> lines = Files.readAllLines(cache);
    Files.write(cache, lines.subList(0, lines.size() / 2));
    measured(model, cache);
    assertThat(timed).hasSizeBetween(1, lines.size() / 2 + 20);
    Files.writeString(cache, "something else");
    assertThatThrownBy(() -> measured(model, cache))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("holds no times of layers");
  }

  @Test
  void anInterruptedMeasurementGoesOn() {
    Model model = Zoo.build("resnet20", 1);
    Path cache = folder.resolve("times");
    int all = 60;
    LayerTimer failing =
        new LayerTimer(
            "blocks",
            1,
            PERIOD,
            (layer, inputs) -> {
              if (timed.size() == all) {
                throw new IllegalStateException("power cut");
              }
              timed.add("");
              return blocks(layer);
            });
    assertThatThrownBy(
            () ->
                LayerLatencies.of(
                    model, Inspection.of(model).inputs(), failing, cache, Progress.NONE))
        .hasMessage("power cut");
    timed.clear();
    measured(model, null);
    int whole = timed.size();
    timed.clear();
    measured(model, cache);
    assertThat(timed).hasSizeBetween(1, whole - 10);
  }

  @Test
  void aLayerAloneIsTheNetworksOwn() {
    Model model = Zoo.build("resnet20", 1);
    Map<String, Shape> inputs = Inspection.of(model).inputs();
    for (Site site : Site.of(Coupling.of(model), inputs)) {
      Model alone = site.form().at(site.width());
      Graph graph = alone.graph();
      assertThat(graph.initializers().get("w").shape())
          .isEqualTo(model.graph().initializers().get(site.weight()).shape());
      try (var runtime = OnnxRuntime.of(alone)) {
        Tensor y = runtime.run(site.form().inputs(site.width())).get("y");
        assertThat(y.dim(site.form().channelAxis())).isEqualTo(site.width().out());
      }
    }
  }

  @Test
  void widthsFarApartAreSortedAndMultiplesOfGroups() {
    for (int size : new int[] {1, 2, 3, 7, 24, 64, 97, 1280}) {
      List<Integer> widths = Grid.coarse(size, 1);
      assertThat(widths).isSorted().doesNotHaveDuplicates().last().isEqualTo(size);
      assertThat(widths.getFirst()).isPositive();
      assertThat(Grid.coarse(4 * size, 4)).allMatch(width -> width % 4 == 0);
    }
    assertThat(Grid.fine(70, 16)).hasSize(17).startsWith(48).endsWith(64);
  }
}
