package org.espalier.study.proof;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.TemporaryFolder;
import org.espalier.graph.Tensor;
import org.espalier.graph.inspect.Inspection;
import org.espalier.graph.onnx.Onnx;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.proof.ConsumerZero;
import org.espalier.prune.proof.Masked;
import org.espalier.prune.proof.Permutation;
import org.espalier.prune.proof.RandomRemoval;
import org.espalier.prune.rewrite.Costs;
import org.espalier.prune.rewrite.Rewriting;
import org.espalier.study.InputsHash;
import org.espalier.study.report.Progress;

/**
 * Proves on one model that channels can go. A trial draws a removal and inputs, and in ONNX Runtime
 *
 * <ul>
 *   <li>the original with its channels in another order gives what it gave;
 *   <li>the model without the channels gives what the original gives under masks, and with the
 *       weights at zero that read them, where weights alone do;
 *   <li>its file, written and read again, has the parameters and multiply-accumulates that were
 *       predicted.
 * </ul>
 *
 * <p>Trial {@code k} follows from seed {@code seed + k} alone.
 */
public final class Battery implements AutoCloseable {
  private final Coupling coupling;
  private final Model original;
  private final List<Map<String, Tensor>> given;
  private final Costs costs;
  private final Permutation permutation;
  private final Masked masked;
  private final ConsumerZero consumerZero;
  private final Side asWritten;
  private final Side reordered;
  private final Side underMasks;
  private final Side withZeros;
  private final InputsHash hash = new InputsHash();
  private double worst;
  private int doubled;
  private int zeroed;

  private Battery(Model original, Coupling coupling, List<Map<String, Tensor>> given) {
    this.original = original;
    this.coupling = coupling;
    this.given = given;
    this.costs = Costs.of(coupling);
    this.permutation = Permutation.of(coupling);
    this.masked = Masked.of(coupling);
    this.consumerZero = ConsumerZero.of(coupling);
    this.asWritten = Side.of("the original", original);
    this.reordered = Side.of("the reordered", permutation.model());
    this.underMasks = Side.of("the masked", masked.model());
    this.withZeros = Side.of("the one with zeros", consumerZero.model());
  }

  /**
   * Runs the battery.
   *
   * @param given inputs to use where the model takes no random ones; may be empty
   */
  public static BatteryReport run(
      Model model, List<Map<String, Tensor>> given, int trials, long seed, Progress progress) {
    if (trials < 1) {
      throw new InvalidInputException(trials + " trials, expected 1 or more");
    }
    Coupling coupling = Coupling.of(model);
    try (var battery = new Battery(model, coupling, given)) {
      return battery.run(trials, seed, progress);
    }
  }

  private BatteryReport run(int trials, long seed, Progress progress) {
    var failed = new ArrayList<BatteryReport.Failed>();
    boolean nothing = coupling.groups().stream().noneMatch(group -> group.size() > 1);
    for (int trial = 0; trial < trials && !nothing; trial++) {
      long drawn = seed + trial;
      Removal removal = RandomRemoval.draw(coupling, drawn);
      List<String> reasons = trial(removal, drawn);
      if (!reasons.isEmpty()) {
        failed.add(new BatteryReport.Failed(drawn, reasons, RemovedGroup.of(removal)));
      }
      String detail = failed.isEmpty() ? "" : failed.size() + " failed";
      progress.at("trials", trial + 1, trials, detail);
    }
    String note = nothing ? "nothing can be removed from this model: every trial was empty" : "";
    return new BatteryReport(
        trials,
        failed.size(),
        worst,
        Inspection.of(original).parameters(),
        coupling.prunableShare(),
        coupling.groups().size(),
        coupling.channels(),
        zeroed,
        doubled,
        seed,
        hash.toString(),
        BatteryReport.reasons(coupling),
        failed,
        note);
  }

  /** What did not hold. */
  private List<String> trial(Removal removal, long seed) {
    var reasons = new ArrayList<String>();
    try {
      Map<String, Tensor> inputs = Inputs.of(asWritten.executor(), original, given, seed);
      hash.add(inputs);
      int[] places = permutation.shuffled(new Random(seed));
      check(asWritten, inputs, reordered, permutation.inputs(inputs, places), inputs, reasons);
      removed(removal, inputs, reasons);
    } catch (InvalidInputException | UncheckedIOException failure) {
      reasons.add(failure.getMessage());
    } catch (RuntimeException | AssertionError defect) {
      reasons.add(defect.toString());
    }
    return reasons;
  }

  private void removed(Removal removal, Map<String, Tensor> inputs, List<String> reasons) {
    Model smaller = Rewriting.of(removal).model();
    try (var folder = TemporaryFolder.create("verify")) {
      Path file = folder.resolve("removed.onnx");
      Onnx.write(smaller, file);
      Model read = Onnx.read(file);
      counted(removal, read, reasons);
      try (Side without = Side.of("the one without the channels", file, read)) {
        check(underMasks, masked.inputs(inputs, removal), without, inputs, inputs, reasons);
        if (consumerZero.applies(removal, masked)) {
          zeroed++;
          check(withZeros, consumerZero.inputs(inputs, removal), without, inputs, inputs, reasons);
        }
      }
    }
  }

  private void counted(Removal removal, Model smaller, List<String> reasons) {
    Inspection counted = Inspection.of(smaller);
    expect("parameters", costs.parameters(removal), counted.parameters(), reasons);
    expect("multiply-accumulates", costs.macs(removal), counted.macs(), reasons);
  }

  private static void expect(String what, long predicted, long counted, List<String> reasons) {
    if (predicted != counted) {
      reasons.add("%d %s left, %d predicted".formatted(counted, what, predicted));
    }
  }

  private void check(
      Side one,
      Map<String, Tensor> inputs,
      Side other,
      Map<String, Tensor> others,
      Map<String, Tensor> given,
      List<String> reasons) {
    Comparison comparison = Comparison.of(one, inputs, other, others, asWritten, given);
    worst = Math.max(worst, comparison.error());
    doubled += comparison.doubled() ? 1 : 0;
    if (!comparison.holds()) {
      reasons.add(comparison.reason());
    }
  }

  @Override
  public void close() {
    asWritten.close();
    reordered.close();
    underMasks.close();
    withZeros.close();
  }
}
