package org.espalier.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.prune.About;
import org.espalier.prune.Budget;
import org.espalier.prune.Methods;
import org.espalier.prune.coupling.Granularity;
import org.espalier.prune.repair.Repair;
import org.espalier.prune.structured.BlockCertificate;
import org.espalier.prune.structured.BlockMethod;
import org.espalier.prune.structured.BlockRecipe;
import org.espalier.prune.structured.ChannelCertificate;
import org.espalier.prune.structured.ChannelRecipe;
import org.espalier.prune.structured.Scope;
import org.espalier.prune.structured.StructuredMethod;
import org.espalier.study.ChannelTools;
import org.espalier.study.Outputs;
import org.espalier.study.Pruner;
import org.espalier.study.Pruning;
import org.espalier.study.latency.LayerLatencies;
import org.espalier.train.data.Splits;
import picocli.CommandLine.Option;

/** The options of methods that remove channels or blocks. */
final class ChannelArguments {
  static final String HEADING = "%nFor methods that remove channels or blocks:%n";

  private static final String CHANNEL_METHODS = "remove channels, such as l1-filter";

  private static final List<String> FOR_CHANNELS =
      List.of("--scope", "--round-to", "--granularity", "--checkpoint", "--checkpoint-output");

  private static final List<String> FOR_REMOVALS =
      List.of("--steps", "--executor", "--layer-times", "--evaluate-samples");

  @Option(
      names = "--scope",
      paramLabel = "SCOPE",
      description =
          "Which channels compete: global, group, isomorphic, or shares such as"
              + " conv1.weight=0.5,conv2.weight=0.3. The method's own by default.")
  String scope;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description =
          "Remove channels or blocks in so many steps and score anew before each. The method's own"
              + " by default.")
  @Range(from = 1)
  int steps;

  @Option(
      names = "--round-to",
      paramLabel = "N",
      description =
          "Keep widths a multiple of N; ${DEFAULT-VALUE} by default. 8 or 16 suit most processors.")
  @Range(from = 1)
  int multiple = 1;

  @Option(
      names = "--granularity",
      paramLabel = "PART",
      description =
          "What goes of attention: heads, or head-dimensions, the same of every head;"
              + " ${DEFAULT-VALUE} by default.")
  Granularity granularity = Granularity.HEADS;

  @Option(
      names = "--executor",
      paramLabel = "NAME",
      description =
          "What runs models where latency or accuracy is a budget: ${COMPLETION-CANDIDATES};"
              + " ${DEFAULT-VALUE} by default.")
  Runner executor = Runner.ONNXRUNTIME;

  @Option(
      names = "--layer-times",
      paramLabel = "FILE",
      description =
          "Where a latency budget keeps what it measures of layers at several widths, so that it's"
              + " done once on a machine; a file in the user's cache folder by default. 'espalier"
              + " latency' shows it.")
  Path layerTimes;

  @Option(
      names = "--evaluate-samples",
      paramLabel = "N",
      description =
          "An accuracy budget is searched for on so many examples of the test part; all of it"
              + " confirms. ${DEFAULT-VALUE} by default.")
  @Range(from = 1)
  int evaluateSamples = 1000;

  @Option(
      names = "--checkpoint",
      paramLabel = "FILE",
      description =
          "Prune the network as this checkpoint of 'espalier train' has it; IN is what that"
              + " training began with.")
  Path checkpoint;

  @Option(
      names = "--checkpoint-output",
      paramLabel = "FILE",
      description =
          "Where the checkpoint's state goes, without the channels: the optimiser's, masks, best"
              + " weights. 'espalier train OUT --checkpoint FILE' with the training's other options"
              + " goes on where it was.")
  Path checkpointOut;

  /** Refuses these options to a method that makes zeros. */
  static void refuseForZeros(PruneVerb command) {
    refuse(command, FOR_CHANNELS, CHANNEL_METHODS, "makes zeros");
    refuse(command, FOR_REMOVALS, CHANNEL_METHODS, "makes zeros");
  }

  private static void refuse(PruneVerb command, List<String> options, String who, String what) {
    command
        .given(options)
        .ifPresent(
            option -> {
              throw new InvalidInputException(
                  "%s is for methods that %s; '%s' %s"
                      .formatted(option, who, command.recipe, what));
            });
  }

  Pruning run(PruneVerb command, Pruner pruner, Console console) throws IOException {
    if (command.pattern != null && !command.pattern.equals("structured")) {
      throw new InvalidInputException(
          "pattern %s: method '%s' removes whole channels or blocks, its pattern is structured"
              .formatted(command.pattern, command.recipe));
    }
    String removes = "removes channels or blocks";
    refuse(command, List.of("--base"), "make zeros", removes);
    refuse(command, List.of("--allocation"), "make zeros", removes + ": channels take --scope");
    refuse(command, List.of("--stages"), "make zeros", removes + ": both take --steps");
    return Methods.named(command.recipe) instanceof BlockMethod
        ? blocks(command, pruner, console)
        : channels(command, pruner, console);
  }

  private Pruning blocks(PruneVerb command, Pruner pruner, Console console) throws IOException {
    refuse(command, FOR_CHANNELS, CHANNEL_METHODS, "removes blocks");
    if (!command.repair.equals("none")) {
      refuse(command, List.of("--repair"), CHANNEL_METHODS, "removes blocks");
    }
    BlockRecipe recipe =
        BlockRecipe.named(command.recipe)
            .budget(Budget.parse(command.budget == null ? "blocks=0.3" : command.budget))
            .steps(steps)
            .keepDense(command.layers.dense)
            .seed(command.seed);
    return pruner.blocks(
        recipe, tools(command, recipe.method(), recipe.budget(), Repair.NONE, console));
  }

  private Pruning channels(PruneVerb command, Pruner pruner, Console console) throws IOException {
    ChannelRecipe recipe =
        ChannelRecipe.named(command.recipe)
            .budget(Budget.parse(command.budget == null ? "channels=0.5" : command.budget))
            .steps(steps)
            .multiple(multiple)
            .granularity(granularity)
            .repair(Repair.parse(command.repair))
            .keepDense(command.layers.dense)
            .seed(command.seed);
    if (scope != null) {
      recipe = recipe.scope(Scope.parse(scope));
    }
    return pruner.channels(
        recipe,
        state(command),
        tools(command, recipe.method(), recipe.budget(), recipe.repair(), console));
  }

  /** The training that is to go on, or null. */
  private Pruner.State state(PruneVerb command) {
    if (checkpoint == null && checkpointOut == null) {
      return null;
    }
    if (checkpoint == null || checkpointOut == null) {
      throw new InvalidInputException(
          "--checkpoint and --checkpoint-output go together: what to read, and where to write");
    }
    Outputs.check(checkpoint, checkpointOut);
    Outputs.keepsModel(command.in, checkpointOut);
    Outputs.keeps(checkpoint, command.out);
    Outputs.differ(command.out, checkpointOut, "the network and its checkpoint");
    return new Pruner.State(checkpoint, checkpointOut);
  }

  /** What the recipe observes and measures with; data are opened where any is needed. */
  private Function<Model, ChannelTools> tools(
      PruneVerb command, StructuredMethod method, Budget budget, Repair mending, Console console)
      throws IOException {
    List<String> needs = method.about().needs();
    boolean calibrates =
        needs.contains(About.INPUTS) || needs.contains(About.LABELS) || mending.needsData();
    boolean tunes = needs.contains(About.EVALUATION_DATA);
    boolean measures = budget instanceof Budget.AccuracyLoss;
    Splits splits =
        calibrates || tunes || measures
            ? command.data.openFor(
                measures
                    ? "budget " + budget
                    : mending.needsData()
                        ? "--repair " + command.repair
                        : "method '" + command.recipe + "'")
            : null;
    return model ->
        ChannelTools.of(
            budget,
            model,
            measuring(command, console),
            calibrates ? command.calibration.open(splits, model, command.seed) : null,
            measures ? splits.test() : null,
            tunes ? ChannelTools.tuning(splits, command.seed) : null);
  }

  private ChannelTools.Measuring measuring(PruneVerb command, Console console) {
    return new ChannelTools.Measuring(
        model -> executor.compile(model, command.threads),
        executor.timer(command.threads),
        layerTimes == null ? LayerLatencies.usualCache() : layerTimes,
        evaluateSamples,
        console);
  }

  static void print(ChannelCertificate certificate, PrintWriter out) {
    List<ChannelCertificate.Width> groups = certificate.groups();
    long before = groups.stream().mapToLong(ChannelCertificate.Width::before).sum();
    long after = groups.stream().mapToLong(ChannelCertificate.Width::after).sum();
    out.printf(
        "channels: %,d of %,d stay, in %d groups that hold %.1f%% of the parameters%n",
        after, before, groups.size(), 100 * certificate.prunableShare());
    for (ChannelCertificate.Width group : groups) {
      if (group.after() < group.before()) {
        out.printf("  %s: %d of %d%n", group.group(), group.after(), group.before());
      }
    }
  }

  static void print(BlockCertificate certificate, PrintWriter out) {
    out.printf(
        "blocks: %d of %d stay%n",
        certificate.blocks() - certificate.removed().size(), certificate.blocks());
    for (BlockCertificate.Gone block : certificate.removed()) {
      out.printf(
          "  without %s: score %.4g, %,d parameters%n",
          block.block(), block.score(), block.parameters());
    }
  }
}
