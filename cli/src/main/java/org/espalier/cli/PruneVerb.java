package org.espalier.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import org.espalier.graph.onnx.Onnx;
import org.espalier.prune.Budget;
import org.espalier.prune.Methods;
import org.espalier.prune.Pattern;
import org.espalier.prune.Recipe;
import org.espalier.prune.Skipped;
import org.espalier.prune.repair.Repair;
import org.espalier.prune.structured.StructuredMethod;
import org.espalier.study.Pruner;
import org.espalier.study.Pruning;
import org.espalier.study.bench.Against;
import org.espalier.study.bench.Settings;
import org.espalier.train.data.Splits;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Prunes a finished network. */
@Command(
    name = "prune",
    description = "Prunes a trained network without training it further.",
    footer = {
      "",
      "Examples:",
      "  espalier prune net.onnx -o sparse.onnx --budget sparsity=0.8",
      "  espalier prune net.onnx -o sparse.onnx --recipe magnitude --pattern 2:4",
      "  espalier prune net.onnx -o sparse.onnx --recipe magnitude \\",
      "      --budget params=0.3x --allocation erk --keep-dense classifier.weight",
      "  espalier prune gpt.onnx -o sparse.onnx --recipe sparsegpt --pattern 2:4 \\",
      "      --data text.txt",
      "  espalier prune net.onnx -o small.onnx --recipe l1-filter --budget channels=0.5",
      "  espalier prune net.onnx -o small.onnx --recipe depgraph --budget latency=0.6x",
      "  espalier prune net.onnx -o small.onnx --recipe layer-lottery \\",
      "      --budget macs=0.7x --data cifar10-jpeg.zip",
      "",
      "To prune while the network trains, which keeps far more accuracy: espalier train --help"
    })
final class PruneVerb extends Verb<PruneVerb.Result> {
  /** What was made, and where it was asked for, the proof of it. */
  record Result(
      @JsonUnwrapped Pruning pruning,
      @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Proof> proof) {}

  @Parameters(paramLabel = "IN", description = "An ONNX file.")
  Path in;

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "OUT",
      description = "Where to write the pruned network.")
  Path out;

  @Option(
      names = "--recipe",
      paramLabel = "NAME",
      description = "The method; 'espalier methods' lists them. ${DEFAULT-VALUE} by default.")
  String recipe = "magnitude";

  @Option(
      names = "--budget",
      paramLabel = "KEY=VALUE",
      description = {
        "sparsity=0.9, params=0.5x or params=100000. Methods that remove channels take channels=0.5"
            + " (of each group), params, macs=0.6x, bytes=10MB, latency=0.6x or 12ms, or"
            + " accuracy=-0.5 (points that may be lost); those that remove residual blocks take"
            + " blocks=3 or a share instead of channels. Half of the weights or channels, or three"
            + " of ten blocks, by default."
      })
  String budget;

  @Option(
      names = "--pattern",
      paramLabel = "PATTERN",
      description =
          "unstructured, N:M such as 2:4, RxC such as 4x1, or structured: whole channels. The"
              + " method's own by default.")
  String pattern;

  @Mixin LayerArguments layers;

  @Option(
      names = "--stages",
      paramLabel = "N",
      description =
          "Reach the budget in so many stages, before each of which the network is observed anew;"
              + " the method's own by default, mostly one.")
  @Range(from = 1)
  Integer stages;

  @Option(
      names = "--repair",
      paramLabel = "NAME,...",
      description =
          "What mends the network afterwards, without training, on the calibration data:"
              + " renormalise, rescale, batch-norm, bias, where channels are gone least-squares and"
              + " reconstruction, or several with commas between; or without data: where channels"
              + " are gone intra-fusion, where weights are mean or signed-mean, which give what was"
              + " pruned its mean back, so that nothing is zero any more. none by default; methods"
              + " such as obspa have their own.")
  String repair = "none";

  @Option(
      names = "--base",
      paramLabel = "FILE",
      description =
          "The network before it was fine-tuned: only what fine-tuning changed is pruned, and OUT"
              + " is the base with what is left of it.")
  Path base;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description =
          "Seed of methods that draw and of the choice of examples; ${DEFAULT-VALUE} by default.")
  long seed;

  @Mixin StorageArguments storage;

  @ArgGroup(validate = false, heading = ChannelArguments.HEADING)
  ChannelArguments channels = new ChannelArguments();

  @ArgGroup(validate = false, heading = DataArguments.HEADING)
  DataArguments data = new DataArguments();

  @ArgGroup(validate = false, heading = CalibrationArguments.HEADING)
  CalibrationArguments calibration = new CalibrationArguments();

  @Option(
      names = "--no-latency",
      description = "Don't measure latency before and after, which takes some seconds.")
  boolean noLatency;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads for measuring latency; ${DEFAULT-VALUE} by default.")
  @Range(from = 1, to = Range.THREADS)
  int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--certificate",
      paramLabel = "FILE",
      description =
          "Prove that OUT is IN, pruned, as 'espalier verify IN OUT' does, and write the"
              + " certificate as JSON.")
  Path certificate;

  @Override
  Result call(Console console) throws IOException {
    if (certificate != null) {
      Proof.check(certificate, in, out);
    }
    Pruning pruning = pruned(console);
    if (certificate == null) {
      return new Result(pruning, Optional.empty());
    }
    Proof proof = Proof.of(in, out, Proof.between(in, out, Proof.TRIALS, Proof.SEED, console));
    proof.write(certificate);
    return new Result(pruning, Optional.of(proof));
  }

  @Override
  boolean holds(Result result) {
    return result.proof().map(Proof::proof).map(Proof::holds).orElse(true);
  }

  private Pruning pruned(Console console) throws IOException {
    Settings measured = Settings.latency(threads, 1);
    if (Methods.named(recipe) instanceof StructuredMethod) {
      return channels.run(this, pruner(measured.against(Against.ONNXRUNTIME), console), console);
    }
    ChannelArguments.refuseForZeros(this);
    Recipe chosen =
        Recipe.named(recipe)
            .budget(Budget.parse(budget == null ? "sparsity=0.5" : budget))
            .pattern(Pattern.parse(pattern == null ? "unstructured" : pattern))
            .keepDense(layers.dense)
            .seed(seed);
    if (layers.allocation() != null) {
      chosen = chosen.allocation(layers.allocation());
    }
    if (stages != null) {
      chosen = chosen.stages(stages);
    }
    Repair mending = Repair.parse(repair);
    boolean observes = mending.needsData() || !chosen.needs().isEmpty();
    String who =
        mending.needsData()
            ? "--repair " + repair
            : layers.allocation() != null && !layers.allocation().needs().isEmpty()
                ? "--allocation " + layers.allocation()
                : "method '" + recipe + "'";
    Splits splits = observes ? data.openFor(who) : null;
    return pruner(measured, console)
        .weights(
            chosen,
            base == null ? null : Onnx.read(base),
            mending,
            model -> observes ? calibration.open(splits, model, seed) : null);
  }

  private Pruner pruner(Settings measured, Console console) {
    return new Pruner(in, out, storage.chosen(), noLatency ? null : measured, console);
  }

  @Override
  void print(Result result, PrintWriter printer) {
    Pruning pruning = result.pruning();
    Sizes.print(pruning.before(), pruning.after(), pruning.latency(), printer);
    printer.printf(
        "budget: asked %s, reached %s%n", pruning.budget().asked(), pruning.budget().reached());
    if (!pruning.budget().note().isEmpty()) {
      printer.println("  " + pruning.budget().note());
    }
    printer.println(
        pruning.latency() == null
            ? "latency: " + pruning.latencyNote()
            : "latency: " + pruning.latency().conclusion());
    if (pruning.channels() != null) {
      ChannelArguments.print(pruning.channels(), printer);
    }
    if (pruning.blocks() != null) {
      ChannelArguments.print(pruning.blocks(), printer);
    }
    for (Skipped skipped : pruning.skipped()) {
      printer.printf("not pruned: '%s': %s%n", skipped.node(), skipped.reason());
    }
    printer.printf("%s written in %.1f s%n", out, pruning.seconds());
    result
        .proof()
        .ifPresent(
            proof ->
                printer.printf(
                    "%s: %s%n",
                    certificate,
                    Proof.holds(proof.proof()) ? "proved" : "NOT proved, the file says why"));
  }
}
