package org.espalier.study;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.function.Function;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Malformed;
import org.espalier.graph.Model;
import org.espalier.graph.onnx.Onnx;
import org.espalier.graph.pass.SparseStorage;
import org.espalier.graph.pass.Storage;
import org.espalier.prune.Account;
import org.espalier.prune.Certificate;
import org.espalier.prune.Count;
import org.espalier.prune.Delta;
import org.espalier.prune.Outcome;
import org.espalier.prune.Recipe;
import org.espalier.prune.evidence.Calibration;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.evidence.Observation;
import org.espalier.prune.repair.Repair;
import org.espalier.prune.structured.BlockCertificate;
import org.espalier.prune.structured.BlockOutcome;
import org.espalier.prune.structured.BlockRecipe;
import org.espalier.prune.structured.ChannelCertificate;
import org.espalier.prune.structured.ChannelOutcome;
import org.espalier.prune.structured.ChannelRecipe;
import org.espalier.study.bench.Benchmark;
import org.espalier.study.bench.Settings;
import org.espalier.study.report.Progress;
import org.espalier.train.PrunedTraining;

/**
 * Prunes a file into another; nothing is written where anything fails.
 *
 * @param storage how weights are stored; null leaves them as they come
 * @param measured how to measure latency before and after; null to leave it out
 */
public record Pruner(Path in, Path out, Storage storage, Settings measured, Progress progress) {

  /** What was made of a model, before it is written. */
  private record Made(Model model, Account account) {}

  /**
   * Prunes single weights.
   *
   * @param base the network that was fine-tuned into this one, of which only the change is pruned;
   *     null where all of it is
   * @param repair what mends the network afterwards, on the same data
   * @param calibration what the network is observed on, made for the model that was read, or null
   */
  public Pruning weights(
      Recipe recipe, Model base, Repair repair, Function<Model, Calibration> calibration) {
    return run(
        recipe.method().about().name(),
        model -> {
          Calibration data = calibration.apply(model);
          if (data == null) {
            Outcome pruned = pruned(recipe, model, base, Evidence.NONE);
            return made(mended(pruned, repair, model, Calibration.NONE));
          }
          Set<String> weights = recipe.layers(model).weights();
          Observation observation =
              Observation.USUAL.withProgress((what, done, of) -> progress.at(what, done, of, ""));
          try (Evidence evidence = Evidence.of(model, weights, data, observation)) {
            return made(mended(pruned(recipe, model, base, evidence), repair, model, data));
          }
        });
  }

  /**
   * Where the state of a training is, and where it goes once channels are gone.
   *
   * @param from a checkpoint, whose weights are pruned in place of the file's
   */
  public record State(Path from, Path to) {}

  /**
   * Removes channels.
   *
   * @param state of a training that is to go on with the smaller network; null for none
   * @param tools what to observe and to measure with, made for the model that was read
   */
  public Pruning channels(ChannelRecipe recipe, State state, Function<Model, ChannelTools> tools)
      throws IOException {
    PrunedTraining training = state == null ? null : PrunedTraining.of(state.from());
    return run(
        recipe.method().about().name(),
        read -> {
          Model model = training == null ? read : training.network(read);
          try (ChannelTools open = tools.apply(model)) {
            ChannelOutcome outcome = recipe.apply(model, open.evidence(), open.meters());
            if (training != null) {
              training.write(outcome.removals(), outcome.model(), state.to());
            }
            return new Made(outcome.model(), outcome.certificate());
          } catch (IOException unwritable) {
            throw new UncheckedIOException(unwritable);
          }
        });
  }

  /**
   * Removes residual blocks.
   *
   * @param tools what to observe and to measure with, made for the model that was read
   */
  public Pruning blocks(BlockRecipe recipe, Function<Model, ChannelTools> tools) {
    return run(
        recipe.method().about().name(),
        model -> {
          try (ChannelTools open = tools.apply(model)) {
            BlockOutcome outcome = recipe.apply(model, open.evidence(), open.meters());
            return new Made(outcome.model(), outcome.certificate());
          }
        });
  }

  private static Outcome pruned(Recipe recipe, Model model, Model base, Evidence evidence) {
    return base == null
        ? recipe.apply(model, evidence)
        : new Delta(model, base).prune(recipe, evidence);
  }

  private static Outcome mended(
      Outcome outcome, Repair repair, Model original, Calibration calibration) {
    Model mended = repair.mend(original, outcome.model(), calibration);
    Certificate certificate = outcome.certificate();
    return new Outcome(
        mended,
        outcome.masks(),
        repair.fillsZeros() ? certificate.filled(Count.of(mended)) : certificate);
  }

  private static Made made(Outcome outcome) {
    return new Made(outcome.model(), outcome.certificate());
  }

  private Pruning run(String method, Function<Model, Made> making) {
    Outputs.checkModel(in, out);
    long start = System.nanoTime();
    Model model = Onnx.read(in);
    progress.at("prune", 0, 1, method);
    ModelSize before = Malformed.at(in, () -> ModelSize.of(model));
    Made made = Malformed.at(in, () -> making.apply(model));
    Model pruned = storage == null ? made.model() : new SparseStorage(storage).apply(made.model());
    ModelSize after = ModelSize.of(pruned);
    Onnx.write(pruned, out);
    double seconds = (System.nanoTime() - start) / 1e9;
    progress.at("prune", 1, 1, method);
    Benchmark latency = null;
    String note = "not measured, as asked";
    if (measured != null) {
      progress.at("measure", 0, 1, "engine and ONNX Runtime");
      try {
        latency = Benchmark.of(pruned, model, measured);
        note = "";
      } catch (InvalidInputException notRunnable) {
        note = notRunnable.getMessage();
      }
      progress.at("measure", 1, 1, "engine and ONNX Runtime");
    }
    Account account = made.account();
    return new Pruning(
        before,
        after,
        new Pruning.Reached(account.asked(), account.reached(), account.note()),
        latency,
        note,
        account.skipped(),
        account instanceof Certificate zeros ? zeros : null,
        account instanceof ChannelCertificate channels ? channels : null,
        account instanceof BlockCertificate blocks ? blocks : null,
        seconds);
  }
}
