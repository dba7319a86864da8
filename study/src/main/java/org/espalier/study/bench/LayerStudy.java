package org.espalier.study.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.espalier.engine.Engine;
import org.espalier.engine.Session;
import org.espalier.engine.plan.Profile;
import org.espalier.graph.Executor;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.inspect.Inspection;
import org.espalier.prune.Pattern;
import org.espalier.prune.Recipe;
import org.espalier.reference.Agreement;
import org.espalier.reference.NodeTimes;
import org.espalier.reference.OnnxRuntime;
import org.espalier.reference.RandomInputs;
import org.espalier.study.report.Progress;

/**
 * Each layer of a model alone, pruned to several sparsities, on the engine; the dense one on ONNX
 * Runtime beside it, in turns.
 *
 * @param means over all layers, for each pattern and sparsity
 */
public record LayerStudy(List<Row> layers, List<Mean> means, int threads, Machine machine) {
  /** Those that are measured by default. */
  public static final List<Double> SPARSITIES = List.of(0.7, 0.8, 0.9, 0.95);

  /**
   * A layer.
   *
   * @param count how often the model has it
   */
  public record Row(
      String layer,
      String sizes,
      int count,
      long macs,
      double onnxruntimeMs,
      double onnxruntimeInnerMs,
      double onnxruntimeGflops,
      List<Cell> cells) {
    public Row {
      cells = List.copyOf(cells);
    }
  }

  /**
   * A layer with one pattern and sparsity.
   *
   * @param ms the layer as a model of its own, inputs and outputs as callers have them
   * @param ratio ONNX Runtime's dense median over the engine's, the median of the rounds
   * @param innerMs the layer as a part of a network: without changes of layout at its borders
   * @param innerRatio ONNX Runtime's dense layer, measured likewise, over {@code innerMs}
   * @param gflops of the layer as a part of a network
   */
  public record Cell(
      String pattern,
      double sparsity,
      double ms,
      double ratio,
      double innerMs,
      double innerRatio,
      Flops gflops,
      String kernel) {}

  /** The geometric mean of the ratios, every layer counted as often as the model has it. */
  public record Mean(
      String pattern, double sparsity, double ratio, double innerRatio, int layers) {}

  public LayerStudy {
    layers = List.copyOf(layers);
    means = List.copyOf(means);
  }

  /** Times the layers of {@code model}, {@code seconds} for each sparsity of each. */
  public static LayerStudy of(
      Model model,
      List<Pattern> patterns,
      List<Double> sparsities,
      int threads,
      double seconds,
      Progress progress) {
    List<OneLayer> layers = OneLayer.of(model);
    var rows = new ArrayList<Row>();
    for (OneLayer layer : layers) {
      progress.at("layers", rows.size(), layers.size(), layer.toString());
      rows.add(measure(layer, patterns, sparsities, threads, seconds));
    }
    progress.at("layers", layers.size(), layers.size(), "");
    return new LayerStudy(rows, means(rows), threads, Machine.here());
  }

  private static Row measure(
      OneLayer layer,
      List<Pattern> patterns,
      List<Double> sparsities,
      int threads,
      double seconds) {
    OnnxRuntime.Options options =
        OnnxRuntime.Options.standard().withThreads(threads).withSpinning();
    var variants = new ArrayList<Variant>();
    try (Executor reference = OnnxRuntime.of(layer.model(), options);
        NodeTimes nodes = NodeTimes.start(layer.model(), options)) {
      Map<String, Tensor> inputs = RandomInputs.takenBy(reference, layer.model(), 1, 1);
      var contenders = new ArrayList<Stopwatch.Contender>();
      contenders.add(new Stopwatch.Contender(reference, inputs));
      contenders.add(new Stopwatch.Contender(nodes, inputs));
      for (Pattern pattern : patterns) {
        for (double sparsity : sparsities) {
          Variant variant = Variant.of(layer.model(), pattern, sparsity, threads);
          variants.add(variant);
          variant.requireAgreement(inputs);
          contenders.add(new Stopwatch.Contender(variant, inputs));
        }
      }
      List<Stopwatch.Watched> watched =
          Stopwatch.time(contenders, new Stopwatch.Schedule(seconds, seconds, 5, 1, 1));
      long macs = Inspection.of(layer.model()).macs();
      Stopwatch.Watched theirs = watched.getFirst();
      double inner = innerMs(nodes);
      var cells = new ArrayList<Cell>();
      for (int k = 0; k < variants.size(); k++) {
        cells.add(variants.get(k).cell(watched.get(k + 2), theirs, macs, inner));
      }
      return new Row(
          layer.name(),
          layer.toString(),
          layer.count(),
          macs,
          theirs.timing().medianMs(),
          inner,
          Flops.of(macs, macs, inner).effective(),
          cells);
    } finally {
      variants.forEach(Variant::close);
    }
  }

  /** ONNX Runtime's layer without changes of layout. */
  private static double innerMs(NodeTimes nodes) {
    return nodes.end().stream()
            .filter(node -> !node.op().startsWith("Reorder"))
            .mapToDouble(NodeTimes.NodeTime::micros)
            .sum()
        / 1e3;
  }

  /** A session that keeps where the time of each run went. */
  private record Variant(
      Pattern pattern, double sparsity, Model model, Session session, List<Profile> profiles)
      implements Executor {
    private static final int MOST = 2_000;

    static Variant of(Model layer, Pattern pattern, double sparsity, int threads) {
      Recipe recipe = Recipe.named("magnitude").pattern(pattern).sparsity(sparsity);
      Model pruned = recipe.apply(layer).model();
      Session session = Engine.compile(pruned, new org.espalier.engine.Options(threads));
      return new Variant(pattern, sparsity, pruned, session, new ArrayList<>());
    }

    Cell cell(Stopwatch.Watched ours, Stopwatch.Watched theirs, long macs, double theirInnerMs) {
      double ms = innerMs();
      return new Cell(
          pattern.toString(),
          sparsity,
          ours.timing().medianMs(),
          Benchmark.ratios(ours, theirs).median(),
          ms,
          theirInnerMs / ms,
          Flops.of(Inspection.of(model).nonzeroMacs(), macs, ms),
          session.plan().getFirst().kernel());
    }

    @Override
    public Map<String, Tensor> run(Map<String, Tensor> inputs) {
      profiles.add(session.profile(inputs));
      if (profiles.size() > MOST) {
        profiles.removeFirst();
      }
      return Map.of();
    }

    /** The median over the later half of the runs. */
    double innerMs() {
      Profile median = LayerTimes.median(profiles.subList(profiles.size() / 2, profiles.size()));
      return median.layers().stream()
              .flatMap(layer -> layer.parts().stream())
              .filter(part -> !part.conversion())
              .mapToDouble(Profile.Part::micros)
              .sum()
          / 1e3;
    }

    void requireAgreement(Map<String, Tensor> inputs) {
      Map<String, Tensor> ours = session.run(inputs);
      try (Executor reference = OnnxRuntime.of(model)) {
        reference.run(inputs).forEach((name, expected) -> agree(expected, ours.get(name)));
      }
    }

    private void agree(Tensor expected, Tensor ours) {
      Agreement agreement = Agreement.of(expected, ours);
      if (!agreement.holds()) {
        throw new IllegalStateException(
            "the engine disagrees with ONNX Runtime on %s: %s"
                .formatted(model.graph().name(), agreement.reason()));
      }
    }

    @Override
    public void close() {
      session.close();
    }
  }

  /** The means over the layers of one model or several. */
  static List<Mean> means(List<Row> rows) {
    record Key(String pattern, double sparsity) {}
    var logs = new LinkedHashMap<Key, double[]>();
    for (Row row : rows) {
      for (Cell cell : row.cells()) {
        double[] sum =
            logs.computeIfAbsent(new Key(cell.pattern(), cell.sparsity()), _ -> new double[3]);
        sum[0] += row.count() * Math.log(cell.ratio());
        sum[1] += row.count() * Math.log(cell.innerRatio());
        sum[2] += row.count();
      }
    }
    var means = new ArrayList<Mean>();
    logs.forEach(
        (key, sum) ->
            means.add(
                new Mean(
                    key.pattern(),
                    key.sparsity(),
                    Math.exp(sum[0] / sum[2]),
                    Math.exp(sum[1] / sum[2]),
                    (int) sum[2])));
    return means;
  }
}
