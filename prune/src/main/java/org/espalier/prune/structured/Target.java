package org.espalier.prune.structured;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.inspect.Inspection;
import org.espalier.prune.Budget;
import org.espalier.prune.Count;

/** A budget for one model: what the model has of its unit, and what it may have in the end. */
final class Target {
  private final Budget budget;
  private final Model model;
  private final Meters meters;
  private final double original;
  private final List<ChannelCertificate.Measured> measured = new ArrayList<>();
  private String note = "";

  private Target(Budget budget, Model model, Meters meters, double original) {
    this.budget = budget;
    this.model = model;
    this.meters = meters;
    this.original = original;
  }

  static Target of(Budget budget, Model model, Meters meters) {
    var unmeasured = new Target(budget, model, meters, 0);
    return new Target(budget, model, meters, unmeasured.actual(model));
  }

  /** The model before anything goes. */
  Model model() {
    return model;
  }

  Budget budget() {
    return budget;
  }

  /** What a model has of the budget's unit: counted, or measured. */
  double actual(Model model) {
    return switch (budget) {
      case Budget.Sparsity _, Budget.Channels _, Budget.Blocks _ -> 0;
      case Budget.Parameters _, Budget.ParameterShare _ -> Count.of(model).parameters();
      case Budget.Cost(Budget.Unit unit, _, _) ->
          switch (unit) {
            case MACS -> Inspection.of(model).macs();
            case BYTES -> Inspection.of(model).bytes();
            case LATENCY -> meters.latency().of(model);
          };
      case Budget.AccuracyLoss _ -> meters.accuracy().of(model);
    };
  }

  /** What the model has before anything goes. */
  double original() {
    return original;
  }

  /** What the model may have at most, or of accuracy at least, in the end. */
  double limit() {
    return switch (budget) {
      case Budget.Sparsity _, Budget.Channels _, Budget.Blocks _ -> 0;
      case Budget.Parameters(long count) -> count;
      case Budget.ParameterShare(double share) -> Math.round(share * original);
      case Budget.Cost(_, double amount, boolean relative) -> relative ? amount * original : amount;
      case Budget.AccuracyLoss(double points) -> original - points;
    };
  }

  /** What the model may have after a share of all steps: costs fall geometrically. */
  double limit(double progress) {
    if (budget instanceof Budget.AccuracyLoss) {
      return original - progress * (original - limit());
    }
    return progress == 1 || original <= 0
        ? limit()
        : original * Math.pow(Math.min(1, limit() / original), progress);
  }

  /**
   * The budget can't be met.
   *
   * @param all how many channels or blocks may go
   * @param least what is left then, or was measured at best
   */
  InvalidInputException unreachable(int all, String what, double least) {
    return new InvalidInputException(
        ("budget %s can't be met: with all %d %s gone that may go, %s is left; ask for that or"
                + " more ('inspect --coupling' tells what must stay, and why)")
            .formatted(budget, all, what, nearest(least)));
  }

  /** An amount as the budget would have to be, rounded so that it can be met. */
  private String nearest(double amount) {
    return switch (budget) {
      case Budget.ParameterShare _ -> "params=" + up(amount / original, 4) + "x";
      case Budget.Cost cost when cost.relative() ->
          cost.unit() + "=" + cost.written(up(amount / original, 4));
      case Budget.Cost cost -> cost.unit() + "=" + cost.written(up(amount, 3));
      default -> "params=" + Math.round(Math.ceil(amount));
    };
  }

  private static double up(double value, int digits) {
    return BigDecimal.valueOf(value).setScale(digits, RoundingMode.CEILING).doubleValue();
  }

  void note(String note) {
    this.note = note;
  }

  String note() {
    return note;
  }

  /** Notes what was measured with so many channels gone. */
  void measured(int channels, double value) {
    measured.add(new ChannelCertificate.Measured(channels, value));
  }

  List<ChannelCertificate.Measured> measured() {
    return measured;
  }

  /**
   * What came out, in the budget's own terms.
   *
   * @param gone how many channels or blocks are gone
   * @param of how many there were
   */
  String reached(Model result, long gone, long of) {
    return switch (budget) {
      case Budget.Sparsity _ -> budget.toString();
      case Budget.Channels _ -> "channels=" + (of == 0 ? 0.0 : (double) gone / of);
      case Budget.Blocks _ -> "blocks=" + gone;
      case Budget.Parameters _ -> "params=" + Math.round(actual(result));
      case Budget.ParameterShare _ -> "params=" + actual(result) / original + "x";
      case Budget.Cost cost ->
          cost.unit()
              + "="
              + cost.written(cost.relative() ? actual(result) / original : actual(result));
      case Budget.AccuracyLoss _ ->
          "accuracy=" + Math.round(1e4 * (actual(result) - original)) / 1e4;
    };
  }
}
