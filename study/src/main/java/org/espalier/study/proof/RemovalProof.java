package org.espalier.study.proof;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.espalier.engine.Engine;
import org.espalier.graph.Constants;
import org.espalier.graph.Executor;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.UnsupportedModelException;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.inspect.Parameters;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Freedom;
import org.espalier.prune.coupling.Granularity;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.proof.Masked;
import org.espalier.prune.proof.RemovalSearch;
import org.espalier.prune.rewrite.Block;
import org.espalier.prune.rewrite.Blocks;
import org.espalier.prune.rewrite.Ordering;
import org.espalier.prune.rewrite.Rewriting;
import org.espalier.study.InputsHash;
import org.espalier.study.report.Progress;

/**
 * A certificate that a file is another without some of its channels and residual blocks.
 *
 * <p>Which channels went is found from the weights; a block of which none is left has gone whole.
 * Where the kept weights are the original's, the file must give what the original gives with those
 * channels under masks, on random inputs in ONNX Runtime. Where weights were changed afterwards, by
 * repair or training, the certificate says so: then the structure must be that of a removal, and
 * the engine must give on the file what ONNX Runtime gives.
 *
 * @param equivalent whether it holds
 * @param maxRelativeError over all outputs and trials
 * @param removed parameters that the original has more
 * @param blocks the residual blocks that have gone, by the nodes that add them
 * @param groups the groups that lost channels, and which; for {@code guessed} ones only how many is
 *     known
 * @param changed weights whose kept values aren't the original's
 * @param inputsHash of all inputs that were run, SHA-256
 * @param frozen what could not be removed, and why
 * @param reason why it doesn't hold; empty where it does
 */
public record RemovalProof(
    boolean equivalent,
    double maxRelativeError,
    long removed,
    List<String> blocks,
    List<RemovedGroup> groups,
    Set<String> guessed,
    Set<String> changed,
    int trials,
    long seed,
    String inputsHash,
    List<BatteryReport.Reason> frozen,
    String reason) {
  public RemovalProof {
    blocks = List.copyOf(blocks);
    groups = List.copyOf(groups);
    frozen = List.copyOf(frozen);
  }

  /** Whether the pruned model has a weight of another shape, or lacks some. */
  public static boolean isNeeded(Model original, Model pruned) {
    Map<String, Tensor> before = Constants.of(original.graph());
    boolean reshaped =
        Constants.of(pruned.graph()).entrySet().stream()
            .filter(constant -> constant.getValue().type().isFloat())
            .anyMatch(
                constant ->
                    before.containsKey(constant.getKey())
                        && !before
                            .get(constant.getKey())
                            .shape()
                            .equals(constant.getValue().shape()));
    return reshaped || parameters(pruned) < parameters(original);
  }

  private static long parameters(Model model) {
    return Parameters.of(model.graph()).values().stream().mapToLong(Tensor::size).sum();
  }

  /** Certifies a pruned model against its original, on {@code trials} random inputs. */
  public static RemovalProof of(
      Model original, Model pruned, int trials, long seed, Progress progress) {
    return of(original, pruned, List.of(), trials, seed, progress);
  }

  /** Likewise; where the models take no random inputs, on those given. */
  public static RemovalProof of(
      Model original,
      Model pruned,
      List<Map<String, Tensor>> given,
      int trials,
      long seed,
      Progress progress) {
    if (trials < 1) {
      throw new InvalidInputException("verification in " + trials + " trials, expected 1 or more");
    }
    var proof = new Proving(original, pruned, seed);
    if (!names(original.graph().requiredInputs()).equals(names(pruned.graph().requiredInputs()))
        || !names(original.graph().outputs()).equals(names(pruned.graph().outputs()))) {
      return proof.fails("the two models have other inputs or outputs");
    }
    return proof.isExplained()
        ? proof.run(given, trials, progress)
        : proof.fails(
            "no removal of channels makes the shapes of the pruned model from the original's");
  }

  private static List<String> names(List<ValueInfo> values) {
    return values.stream().map(ValueInfo::name).toList();
  }

  private static final class Proving {
    private final Model original;
    private final Model pruned;
    private final Model whole;
    private final List<Block> gone;
    private final long seed;
    private final InputsHash hash = new InputsHash();
    private Set<String> changed = Set.of();
    private RemovalSearch.Found found;
    private double worst;

    Proving(Model original, Model pruned, long seed) {
      this.original = original;
      this.pruned = pruned;
      Blocks blocks = Blocks.of(original);
      this.gone = blocks.missing(Constants.of(pruned.graph()).keySet());
      this.whole = gone.isEmpty() ? original : blocks.without(gone);
      this.seed = seed;
    }

    /** Whether a removal makes the pruned model's weights; the one that changes fewest is kept. */
    boolean isExplained() {
      for (Freedom freedom : Freedom.values()) {
        for (Granularity granularity : Granularity.values()) {
          Coupling coupling = Coupling.of(whole, granularity, freedom);
          RemovalSearch.of(coupling, pruned).ifPresent(this::consider);
          if (found != null && changed.isEmpty()) {
            return true;
          }
        }
      }
      return found != null;
    }

    private void consider(RemovalSearch.Found candidate) {
      Model expected = Rewriting.of(Ordering.of(candidate.removal())).model();
      Map<String, Tensor> now = Constants.of(pruned.graph());
      var others = new TreeSet<String>();
      for (Map.Entry<String, Tensor> weight : Parameters.of(expected.graph()).entrySet()) {
        Tensor tensor = now.get(weight.getKey());
        if (tensor == null || !tensor.shape().equals(weight.getValue().shape())) {
          return;
        }
        if (!tensor.equals(weight.getValue())) {
          others.add(weight.getKey());
        }
      }
      if (found == null || others.size() < changed.size()) {
        found = candidate;
        changed = others;
      }
    }

    RemovalProof run(List<Map<String, Tensor>> given, int trials, Progress progress) {
      Removal removal = found.removal();
      Masked masked = Masked.of(removal.coupling());
      try (Side under = Side.of("the original under masks", masked.model());
          Side without = Side.of("the pruned model", pruned);
          Side asWritten = Side.of("the original", whole);
          Executor engine = engine()) {
        for (int trial = 0; trial < trials; trial++) {
          Map<String, Tensor> inputs = Inputs.of(without.executor(), pruned, given, seed + trial);
          hash.add(inputs);
          String reason = engine == null ? "" : differs(engine, without, inputs);
          if (changed.isEmpty() && reason.isEmpty()) {
            Comparison comparison =
                Comparison.of(
                    under, masked.inputs(inputs, removal), without, inputs, asWritten, inputs);
            worst = Math.max(worst, comparison.error());
            reason = comparison.reason();
          }
          if (!reason.isEmpty()) {
            return result(trial + 1, reason);
          }
          progress.at("inputs", trial + 1, trials, "");
        }
        return result(trials, "");
      }
    }

    /** The engine on the pruned model; null where it can't run it. */
    private Executor engine() {
      try {
        return Engine.compile(pruned);
      } catch (UnsupportedModelException beyondTheEngine) {
        return null;
      }
    }

    private String differs(Executor engine, Side without, Map<String, Tensor> inputs) {
      Map<String, Tensor> outputs = engine.run(inputs);
      String reason = Comparison.executor(without, inputs, outputs);
      if (!changed.isEmpty() && reason.isEmpty()) {
        Difference found = Difference.of(without.run(inputs), outputs, Comparison.TOLERANCE);
        worst = Math.max(worst, found.error());
      }
      return reason;
    }

    RemovalProof fails(String reason) {
      return result(0, reason);
    }

    private RemovalProof result(int trials, String reason) {
      var frozen = new ArrayList<BatteryReport.Reason>();
      List<RemovedGroup> groups = List.of();
      Set<String> guessed = Set.of();
      if (found != null) {
        groups = RemovedGroup.of(found.removal());
        guessed = found.guessed();
        frozen.addAll(BatteryReport.reasons(found.removal().coupling()));
      }
      return new RemovalProof(
          reason.isEmpty(),
          found == null ? Double.POSITIVE_INFINITY : worst,
          parameters(original) - parameters(pruned),
          gone.stream().map(Block::name).toList(),
          groups,
          guessed,
          changed,
          trials,
          seed,
          hash.toString(),
          frozen,
          reason);
    }
  }
}
