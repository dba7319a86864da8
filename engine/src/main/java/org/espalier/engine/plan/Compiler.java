package org.espalier.engine.plan;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.espalier.engine.kernel.Kernels;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.UnsupportedModelException;
import org.espalier.graph.UnsupportedModelException.Unsupported;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.eval.Evaluator;
import org.espalier.graph.infer.Shapes;

/** Makes plans for one model, a plan for each set of input shapes. */
public final class Compiler {
  private static final List<Rule> RULES =
      List.of(
          new ViewRule(),
          new LinearRule(),
          new DepthwiseRule(),
          new ConvolutionRule(),
          new PoolRule(),
          new NormalizationRule(),
          new NormRule(),
          new AttentionRule(),
          new ActivationRule(),
          new ResizeRule(),
          new DepthToSpaceRule(),
          new InstanceNormRule(),
          new ElementwiseRule(),
          new ProductRule(),
          new BroadcastRule(),
          new GatherRule(),
          new ConcatRule(),
          new SoftmaxRule(),
          new ReduceRule(),
          new WhereRule(),
          new EvaluateRule());

  /** Operators with a kernel, which the reference evaluation may lack. */
  private static final Set<String> KERNELS =
      Set.of(
          "AveragePool",
          "BatchNormalization",
          "Conv",
          "GlobalAveragePool",
          "GlobalMaxPool",
          "MaxPool");

  /** What a layer of a chunk may read and write: about what a core has of the last cache. */
  public static final long CHUNK_BYTES = 4L << 20;

  /** What idle frames may take besides one for each plan. */
  private static final long IDLE_BYTES = 256L << 20;

  private final Model model;
  private final Kernels kernels;
  private final PlanCache cache;
  private final Tuner tuner;
  private final int threads;
  private final long chunkBytes;
  private final Weights weights = new Weights();
  private final AtomicLong room = new AtomicLong(IDLE_BYTES);

  /**
   * A compiler for {@code model}, which is in canonical form.
   *
   * @param cache knows what was measured before, and learns what is measured now
   * @param chunkBytes a batch of which a layer reads and writes more is run in chunks
   */
  @SuppressWarnings("exports") // kernels are for the engine alone
  public Compiler(Model model, Kernels kernels, int threads, PlanCache cache, long chunkBytes) {
    this(model, kernels, threads, cache, chunkBytes, System::nanoTime);
  }

  Compiler(
      Model model,
      Kernels kernels,
      int threads,
      PlanCache cache,
      long chunkBytes,
      LongSupplier clock) {
    this.chunkBytes = chunkBytes;
    this.threads = threads;
    this.model = model;
    this.kernels = kernels;
    this.cache = cache;
    this.tuner = new Tuner(cache, clock);
  }

  /** A compiler for another model that runs alike; what it measures is not kept. */
  public Compiler of(Model other) {
    return new Compiler(other, kernels, threads, PlanCache.none(), chunkBytes);
  }

  @SuppressWarnings("exports")
  public Kernels kernels() {
    return kernels;
  }

  /**
   * A plan for inputs of these dimensions.
   *
   * @throws UnsupportedModelException listing every node without a rule
   */
  public Schedule plan(Map<String, long[]> inputs) {
    var whole = Chunking.Part.of(model, inputs);
    return Cut.of(whole, chunkBytes)
        .flatMap(this::stages)
        .or(() -> chunks(whole))
        .orElseGet(() -> plan(whole));
  }

  /** Chunks, and what follows them in one piece. */
  private Optional<Schedule> stages(Cut cut) {
    var outputs = Chunking.ports(cut.second().model().graph().outputs(), cut.second().shapes());
    Optional<Schedule> first = outputs.isEmpty() ? Optional.empty() : chunks(cut.first());
    return first.map(
        chunks -> new Stages(chunks, plan(cut.second()), cut.between(), outputs.get(), room));
  }

  private Optional<Schedule> chunks(Chunking.Part whole) {
    return Chunking.of(whole, threads, chunkBytes).map(chunking -> chunking.schedule(this::plan));
  }

  private Plan plan(Chunking.Part part) {
    tuner.begin();
    Graph graph = part.model().graph();
    Map<String, long[]> inputs = part.inputs();
    Shapes shapes = part.shapes();
    var planner = new Planner(kernels, shapes, tuner, weights, threads);
    var entries = new ArrayList<Plan.Entry>();
    for (ValueInfo input : graph.requiredInputs()) {
      String name = input.name();
      DataType type = shapes.element(name).orElse(DataType.FLOAT);
      long[] dims = inputs.get(name);
      entries.add(new Plan.Entry(name, type, dims, planner.give(name, type, dims).index()));
    }
    graph.initializers().forEach((name, value) -> planner.define(name, new Home.Constant(value)));
    for (Layer layer : needed(graph, Fusion.of(graph, shapes), shapes)) {
      plan(layer, planner);
    }
    var results = new ArrayList<Plan.Result>();
    for (ValueInfo output : graph.outputs()) {
      results.add(result(output.name(), planner));
    }
    if (tuner.tookLong()) {
      cache.save();
    }
    return Plan.of(planner, entries, results, room);
  }

  /** Refuses operators that no rule knows in any form, all at once. */
  public void requireSupported() {
    var missing = new ArrayList<Unsupported>();
    for (Node node : model.graph().nodes()) {
      boolean kernel = node.isStandard() && KERNELS.contains(node.op());
      if (!kernel && !Evaluator.supports(node)) {
        String name = node.domain().isEmpty() ? node.op() : node.domain() + "." + node.op();
        missing.add(new Unsupported(node.label(), name, "the engine has no rule for it"));
      }
    }
    if (!missing.isEmpty()) {
      throw new UnsupportedModelException(missing);
    }
  }

  /** The operators of ONNX's own set that run as they are, with a kernel or in plain Java. */
  public static Set<String> operators() {
    var operators = new HashSet<>(KERNELS);
    operators.addAll(Evaluator.operators());
    return operators;
  }

  private static Plan.Result result(String name, Planner planner) {
    Home home = planner.source(name);
    if (home instanceof Home.Columns
        || home instanceof Home.Strided
        || home instanceof Home.Shares) {
      home = planner.rows(name);
    }
    if (home instanceof Home.Placed placed) {
      placed.slot().usedBy(Integer.MAX_VALUE - 1);
    }
    return new Plan.Result(name, home);
  }

  private void plan(Layer layer, Planner planner) {
    for (String output : layer.node().outputs()) {
      Optional<Tensor> constant = planner.shapes().constant(output);
      constant.ifPresent(value -> planner.define(output, new Home.Constant(value)));
    }
    boolean known = isKnown(layer.node(), planner.shapes());
    boolean whole = !known || layer.parts().size() == 1; // what follows a constant isn't one
    planner.begin(layer);
    if (whole && (known || RULES.stream().anyMatch(rule -> rule.plan(layer, planner)))) {
      planner.end(layer);
      return;
    }
    if (layer.parts().size() == 1) {
      throw new UnsupportedModelException(List.of(unsupported(layer)));
    }
    for (Node part : layer.parts()) {
      plan(Layer.of(part), planner);
    }
  }

  /** Whether shape inference knows all that a node makes. */
  private static boolean isKnown(Node node, Shapes shapes) {
    return node.outputs().stream().allMatch(o -> o.isEmpty() || shapes.constant(o).isPresent());
  }

  private static Unsupported unsupported(Layer layer) {
    return new Unsupported(
        layer.node().label(), layer.node().op(), "the engine has no rule for this form of it");
  }

  /** The layers that outputs depend on; those whose values are known beforehand depend on none. */
  private static List<Layer> needed(Graph graph, List<Layer> layers, Shapes shapes) {
    Set<String> wanted = new HashSet<>();
    graph.outputs().forEach(output -> wanted.add(output.name()));
    var kept = new ArrayList<Layer>();
    for (Layer layer : layers.reversed()) {
      boolean used =
          wanted.contains(layer.output())
              || layer.node().outputs().stream().anyMatch(wanted::contains);
      if (used) {
        kept.addFirst(layer);
        boolean last = layer.output().isEmpty() || shapes.constant(layer.output()).isPresent();
        if (!last || !isKnown(layer.node(), shapes)) {
          wanted.addAll(Graph.uses(layer.node()));
          layer.tail().residual().ifPresent(wanted::add);
        }
      }
    }
    return kept;
  }
}
