package org.espalier.study;

import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.espalier.engine.Engine;
import org.espalier.graph.Executor;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.UnsupportedModelException;
import org.espalier.prune.Layers;
import org.espalier.prune.Skipped;
import org.espalier.reference.Agreement;
import org.espalier.reference.OnnxRuntime;
import org.espalier.reference.RandomInputs;
import org.espalier.torch.TorchModel;

/**
 * A certificate that a pruned model does what it should: on random inputs, an executor that leaves
 * the pruned weights out gives what ONNX Runtime gives with zeros in their place.
 *
 * <p>Where the kept weights are the original's, the zeros are put into the original: the pruned
 * file is the masked original and nothing else. Where training has changed them, the pruned file
 * stands for itself and both executors must agree on it; how far it is from the original is then a
 * question of accuracy, which {@code evaluate} answers.
 *
 * @param equivalent whether it holds
 * @param maxRelativeError over all outputs and trials
 * @param removed weights that are zero and were not
 * @param frozen nodes with weights that no method may prune, and why
 * @param changes what happened to the constants
 * @param executor which executor was compared with ONNX Runtime
 * @param inputsHash of all inputs that were run, SHA-256
 * @param reason why it does not hold; empty where it does
 */
public record Verification(
    boolean equivalent,
    double maxRelativeError,
    long removed,
    List<Skipped> frozen,
    WeightChanges changes,
    String executor,
    int trials,
    long seed,
    String inputsHash,
    String reason) {

  /** The largest relative error that counts as the same. */
  public static final double TOLERANCE = 1e-4;

  public Verification {
    frozen = List.copyOf(frozen);
  }

  /** Compares a pruned model with its original on {@code trials} random inputs. */
  public static Verification of(Model original, Model pruned, int trials, long seed) {
    if (trials < 1) {
      throw new InvalidInputException("verification in " + trials + " trials, expected 1 or more");
    }
    WeightChanges changes = WeightChanges.between(original, pruned);
    List<Skipped> frozen = Layers.of(pruned).skipped();
    String mismatch = changes.mismatch();
    if (!mismatch.isEmpty()) {
      return new Verification(
          false,
          Double.POSITIVE_INFINITY,
          changes.removed(),
          frozen,
          changes,
          "none",
          0,
          seed,
          "",
          mismatch);
    }
    Model expected = changes.retrained() > 0 ? pruned : changes.zeros().apply(original);
    try (Executor reference = OnnxRuntime.exact(expected);
        Contestant contestant = Contestant.of(pruned)) {
      var hash = new InputsHash();
      double worst = 0;
      String reason = "";
      for (int trial = 0; trial < trials && reason.isEmpty(); trial++) {
        Map<String, Tensor> inputs =
            RandomInputs.takenBy(reference, expected, seed + trial, 1 + trial % 3);
        hash.add(inputs);
        Map<String, Tensor> outputs = contestant.executor().run(inputs);
        for (Map.Entry<String, Tensor> output : reference.run(inputs).entrySet()) {
          Agreement agreement =
              Agreement.of(output.getValue(), outputs.get(output.getKey()), TOLERANCE);
          worst = Math.max(worst, agreement.maxRelativeError());
          if (!agreement.holds()) {
            reason = "output '" + output.getKey() + "': " + agreement.reason();
          } else if (hasNaN(output.getValue())) {
            reason = "output '" + output.getKey() + "' has NaN on both, which proves nothing";
          }
        }
      }
      return new Verification(
          reason.isEmpty(),
          worst,
          changes.removed(),
          frozen,
          changes,
          contestant.name(),
          trials,
          seed,
          hash.toString(),
          reason);
    }
  }

  private static boolean hasNaN(Tensor output) {
    return output.type().isFloat()
        && LongStream.range(0, output.size()).anyMatch(k -> Double.isNaN(output.realAt(k)));
  }

  /**
   * The executor that is compared: the engine, or libtorch where the engine can't run the model.
   */
  private record Contestant(String name, Executor executor) implements AutoCloseable {
    static Contestant of(Model model) {
      try {
        return new Contestant("engine", Engine.compile(model));
      } catch (UnsupportedModelException beyondTheEngine) {
        return new Contestant("torch", TorchModel.of(model));
      }
    }

    @Override
    public void close() {
      executor.close();
    }
  }
}
