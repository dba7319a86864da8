package org.espalier.prune.structured;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.inspect.Inspection;
import org.espalier.graph.inspect.Parameters;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.zoo.Zoo;
import org.espalier.prune.Budget;
import org.espalier.prune.Count;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.evidence.Evidence;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Latency and accuracy as budgets, on a machine whose clock and data are made up. */
class MeasuredBudgetsTest {
  private static final Model NETWORK = Zoo.build("resnet20", 3);
  private static final ChannelRecipe L1 = ChannelRecipe.named("l1-filter");
  private final SeededRandom random = SeededRandom.fresh();
  private int measurements;

  /** Every weight's first two sizes in blocks of 8, in microseconds. */
  private static double blocks(Model model) {
    double ms = 1;
    for (Tensor weight : Parameters.of(model.graph()).values()) {
      if (weight.rank() == 4) {
        ms += 1e-3 * 64 * Math.ceilDiv(weight.dim(0), 8) * Math.ceilDiv(weight.dim(1), 8);
      }
    }
    return ms;
  }

  private Meter clock() {
    return model -> {
      measurements++;
      return blocks(model);
    };
  }

  /** The same, foreseen badly: a third too low. */
  private static final Forecast.Source FORECAST =
      (coupling, costs) ->
          kept -> {
            double ms = 1;
            for (Group group : coupling.groups()) {
              ms += 8 * Math.ceilDiv(kept[coupling.groups().indexOf(group)], 8);
            }
            return 0.66 * ms * ms / 1e3;
          };

  @ParameterizedTest
  @ValueSource(doubles = {0.8, 0.6, 0.35})
  void widthsFallOnStepsAndTheClockDecides(double share) {
    ChannelRecipe recipe = L1.budget(Budget.parse("latency=" + share + "x"));
    ChannelOutcome plain = recipe.apply(NETWORK, Evidence.NONE, Meters.NONE.withLatency(clock()));
    measurements = 0;
    ChannelOutcome chosen =
        recipe.apply(
            NETWORK, Evidence.NONE, Meters.NONE.withLatency(clock()).withForecast(FORECAST));
    assertThat(measurements).isLessThan(12);
    assertThat(blocks(chosen.model())).isLessThanOrEqualTo(share * blocks(NETWORK));
    assertThat(Count.of(chosen.model()).parameters())
        .isGreaterThanOrEqualTo(Count.of(plain.model()).parameters());
    assertThat(chosen.certificate().groups())
        .allSatisfy(group -> assertThat(group.after() % 8).isZero());
  }

  @Test
  void whatNoRemovalReachesIsSaidWithTheNearest() {
    ChannelRecipe recipe = L1.budget(Budget.parse("latency=0.01x"));
    Meters meters = Meters.NONE.withLatency(clock()).withForecast(FORECAST);
    assertThatThrownBy(() -> recipe.apply(NETWORK, Evidence.NONE, meters))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("latency=0.01x can't be met")
        .hasMessageContaining("is left");
  }

  /** Work foretells nothing here: a machine that only the smallest of all networks is fast on. */
  @Test
  void theSmallestNetworkIsMeasuredBeforeABudgetIsRefused() {
    Model least =
        L1.budget(Budget.parse("accuracy=-1"))
            .apply(NETWORK, Evidence.NONE, Meters.NONE.withAccuracy(model -> 50))
            .model();
    long parameters = Count.of(least).parameters();
    Meter clock = model -> Count.of(model).parameters() > parameters ? 10 : 1;
    ChannelOutcome out =
        L1.budget(Budget.parse("latency=0.5x"))
            .apply(NETWORK, Evidence.NONE, Meters.NONE.withLatency(clock));
    assertThat(Count.of(out.model()).parameters()).isEqualTo(parameters);
  }

  @ParameterizedTest
  @ValueSource(strings = {"params=0.001x", "params=10", "macs=0.0001x", "macs=100", "bytes=1kB"})
  void theNearestReachableBudgetCanBeAskedFor(String budget) {
    String message = "";
    try {
      L1.budget(Budget.parse(budget)).apply(NETWORK);
    } catch (InvalidInputException refusal) {
      message = refusal.getMessage();
    }
    assertThat(message).contains("can't be met").matches(".* (params|macs|bytes)=\\S+ is left.*");
    String nearest = message.replaceAll(".*, (\\S+=\\S+) is left.*", "$1");
    ChannelOutcome met = L1.budget(Budget.parse(nearest)).apply(NETWORK);
    // A share is given in four digits, which may have room for a few channels more.
    assertThat(met.certificate().groups())
        .allMatch(group -> group.after() <= 2 + 0.1 * group.before());
  }

  /** Accuracy falls with the parameters, and steeply at the end. */
  private static double percent(Model model) {
    double share = (double) Count.of(model).parameters() / Count.of(NETWORK).parameters();
    return 90 - 20 * (1 - share) * (1 - share);
  }

  @Test
  void anEstimateSavesMeasuringOnAllExamplesAndNeverDecides() {
    double off = random.nextDouble() * 2 - 1; // the part may be easier or harder than the whole
    var looks = new int[1];
    Meters meters =
        Meters.NONE
            .withAccuracy(
                model -> {
                  measurements++;
                  return percent(model);
                })
            .withEstimate(
                model -> {
                  looks[0]++;
                  return percent(model) + 5 + (percent(model) == 90 ? 0 : 0.1 * off);
                });
    ChannelOutcome out =
        L1.budget(Budget.parse("accuracy=-3")).apply(NETWORK, Evidence.NONE, meters);
    double lost = 90 - percent(out.model());
    assertThat(lost).isBetween(2.5, 3.0);
    assertThat(looks[0]).isBetween(6, 9);
    assertThat(measurements).as("off by %s", off).isLessThan(8);
    assertThat(out.certificate().note()).contains("one more costs too much");
    assertThat(Inspection.of(out.model()).macs()).isLessThan(Inspection.of(NETWORK).macs());
  }

  @Test
  void nothingMayGoAndAllMayGo() {
    Meter steep = model -> percent(model) == 90 ? 90 : 10 + percent(model) / 10;
    ChannelOutcome none =
        L1.budget(Budget.parse("accuracy=-0.1"))
            .apply(NETWORK, Evidence.NONE, Meters.NONE.withAccuracy(steep));
    assertThat(Count.of(none.model())).isEqualTo(Count.of(NETWORK));
    assertThat(none.certificate().note()).contains("costs more accuracy than allowed");
    ChannelOutcome all =
        L1.budget(Budget.parse("accuracy=-1"))
            .apply(NETWORK, Evidence.NONE, Meters.NONE.withAccuracy(model -> 50));
    assertThat(all.certificate().groups()).allMatch(group -> group.after() == 1);
    assertThat(all.certificate().note()).contains("all channels that may go are gone");
  }
}
