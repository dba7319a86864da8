package org.espalier.torch;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.Executor;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.UnsupportedModelException;
import org.espalier.graph.infer.Shapes;

/**
 * A model on libtorch: it runs, and its weights can be trained.
 *
 * <p>The weights are copied once when the model is opened. From then on libtorch's tensors and ours
 * share their memory: a step of an optimiser on {@link #parameters} shows in {@link #weights} and
 * {@link #model}, and a mask written to {@link #weights} shows in the next pass.
 *
 * <p>A training step opens a {@link PointerScope} around forward pass, gradients and update, so
 * that its native memory goes when the step ends. One model is for one thread at a time.
 */
public final class TorchModel implements Executor {
  /**
   * How to open a model.
   *
   * @param threads how many threads an operator may use
   * @param trainable which initializers are parameters, by name; null for the rule of {@link
   *     #parameters}
   */
  public record Options(int threads, Predicate<String> trainable) {
    public Options {
      if (threads < 1) {
        throw new InvalidInputException(threads + " threads, expected 1 or more");
      }
    }

    /** As many threads as there are cores, and the usual parameters. */
    public static Options usual() {
      return new Options(Runtime.getRuntime().availableProcessors(), null);
    }

    public Options withThreads(int threads) {
      return new Options(threads, trainable);
    }

    public Options withTrainable(Predicate<String> trainable) {
      return new Options(threads, trainable);
    }
  }

  private final Model original;
  private final Graph graph;
  private final Plan plan;
  private final Weights weights;
  private final int threads;
  private final Set<String> intact;
  private boolean closed;
  private final Set<String> differentiated;

  private TorchModel(Model original, Model view, Options options) {
    this.original = original;
    this.graph = view.graph();
    this.plan = Plan.of(graph, Shapes.infer(view));
    this.threads = options.threads();
    this.differentiated = Gradients.sources(graph);
    this.intact = WrittenWeights.names(original);
    Set<String> usual = Trainable.of(graph);
    Predicate<String> trainable =
        options.trainable() == null ? usual::contains : options.trainable();
    this.weights = new Weights(graph, trainable.and(intact::contains));
  }

  /**
   * Opens a model with as many threads as there are cores.
   *
   * @throws UnsupportedModelException where a node has no rule; all such are named
   */
  public static TorchModel of(Model model) {
    return of(model, Options.usual());
  }

  /**
   * Opens a model.
   *
   * @throws UnsupportedModelException where a node has no rule; all such are named
   */
  public static TorchModel of(Model model, Options options) {
    return new TorchModel(model, Views.of(model), options);
  }

  /** The operators of ONNX's own set that libtorch does, in alphabetical order. */
  public static Set<String> operators() {
    return Rules.operators();
  }

  /** The model as it was opened, with its weights as they are now: copies, safe to keep. */
  public Model model() {
    var now = new LinkedHashMap<String, org.espalier.graph.Tensor>();
    weights
        .floats()
        .forEach(
            (name, tensor) -> {
              if (intact.contains(name)) {
                now.put(name, tensor.copy());
              }
            });
    return WrittenWeights.replacing(original, now);
  }

  /** The floating-point initializers, in the memory that libtorch computes with. */
  public Map<String, org.espalier.graph.Tensor> weights() {
    return weights.floats();
  }

  /**
   * The weights to be trained: leaves of autograd, to be changed in place and with gradients off.
   *
   * <p>They are the floating-point initializers that a layer reads as its matrix, kernel, bias,
   * scale or embedding, directly or through reshapes; operands of additions with several elements
   * unless they are masks; and operands of multiplications with several elements along one axis.
   * Running statistics and single constants are none. {@link Options#withTrainable} decides
   * otherwise. An initializer that several nodes read has one tensor, and its gradient is the sum.
   */
  public Map<String, Tensor> parameters() {
    return weights.parameters();
  }

  /**
   * One forward pass, with autograd history where gradients are on.
   *
   * @param inputs a tensor for each required input, by name
   * @param taps names of values to hand out beside the outputs: any input, initializer or node
   *     output of the executed graph
   */
  public Forward forward(Map<String, Tensor> inputs, Mode mode, Set<String> taps) {
    Values values = given();
    inputs.forEach((name, tensor) -> values.borrow(slot(name, "input"), tensor));
    for (var input : graph.requiredInputs()) {
      if (!inputs.containsKey(input.name())) {
        throw new InvalidInputException(
            "input '%s' is missing; given: %s".formatted(input.name(), inputs.keySet()));
      }
    }
    Collection<Integer> wanted = new LinkedHashSet<>(plan.outputs().values());
    taps.forEach(tap -> wanted.add(slot(tap, "value")));
    try {
      pass(values, wanted, mode);
      return new Forward(taken(plan.outputs().keySet(), values), taken(taps, values));
    } finally {
      values.releaseAll();
    }
  }

  public Forward forward(Map<String, Tensor> inputs, Mode mode) {
    return forward(inputs, mode, Set.of());
  }

  private int slot(String name, String what) {
    Integer slot = plan.slots().get(name);
    if (slot == null) {
      throw new InvalidInputException("the model has no " + what + " named '" + name + "'");
    }
    return slot;
  }

  /** The values before a pass: the initializers. */
  private Values given() {
    if (closed) {
      throw new IllegalStateException("this model is closed");
    }
    Libtorch.threads(threads);
    var values = new Values(plan.slots().size());
    weights.views().forEach((name, tensor) -> values.borrow(plan.slots().get(name), tensor));
    weights.strange().forEach((name, tensor) -> values.put(plan.slots().get(name), tensor));
    return values;
  }

  private void pass(Values values, Collection<Integer> wanted, Mode mode) {
    // A model that asks for gradients itself gets them, whatever the caller wants of this pass.
    try (var _ = new AutoGradMode(GradMode.is_enabled() || !differentiated.isEmpty())) {
      for (String name : differentiated) {
        int slot = plan.slots().get(name);
        if (!values.torch(slot).requires_grad()) {
          values.borrow(slot, Gradients.source(values.torch(slot)));
        }
      }
      Pass.run(plan, values, wanted, mode);
    }
  }

  /**
   * Handles to values, which belong to the pointer scope around, or where there is none, to the
   * garbage collector.
   */
  private Map<String, Tensor> taken(Collection<String> names, Values values) {
    var taken = new LinkedHashMap<String, Tensor>();
    for (String name : names) {
      Tensor value = values.torch(plan.slots().get(name));
      if (value == null) {
        throw new InvalidInputException(
            "value '" + name + "' is not computed, or not of a type that libtorch has");
      }
      taken.put(name, new Tensor(value));
    }
    return taken;
  }

  /** Whether these inputs are what the model declares; an error that says what isn't. */
  public void check(Map<String, org.espalier.graph.Tensor> inputs) {
    Feeds.check(graph, inputs);
  }

  /** Whether the executed graph has a value of this name, so that it can be tapped. */
  public boolean has(String value) {
    return plan.slots().containsKey(value);
  }

  /**
   * A forward pass without gradients over several batches, which stops where it's told to.
   *
   * @param batches the inputs of each by name; their memory is not used again meanwhile
   */
  public PausingPass pausing(List<Map<String, org.espalier.graph.Tensor>> batches) {
    var started = new ArrayList<Values>();
    for (var batch : batches) {
      Feeds.check(graph, batch);
      Values values = given();
      try (var _ = new PointerScope()) {
        batch.forEach((name, tensor) -> values.hold(slot(name, "input"), Libtorch.view(tensor)));
      }
      started.add(values);
    }
    return new PausingPass(plan, started);
  }

  /** The gradient of a loss with respect to each parameter; frees the loss's history. */
  public Map<String, Tensor> gradients(Tensor loss) {
    Libtorch.threads(threads);
    return Autograd.gradients(loss, parameters());
  }

  /** The loss's Hessian over all parameters times a vector; frees the loss's history. */
  public Map<String, Tensor> hessianVector(Tensor loss, Map<String, Tensor> vector) {
    Libtorch.threads(threads);
    return Autograd.hessianVector(loss, parameters(), vector);
  }

  /** The loss's Hessian over all parameters, for products with several vectors. */
  public UnaryOperator<Map<String, Tensor>> hessian(Tensor loss) {
    Libtorch.threads(threads);
    return Autograd.hessian(loss, parameters());
  }

  @Override
  public Map<String, org.espalier.graph.Tensor> run(Map<String, org.espalier.graph.Tensor> inputs) {
    Feeds.check(graph, inputs);
    Randomness.refuse(graph, inputs);
    Values values = given();
    try (var _ = new PointerScope();
        var _ = new AutoGradMode(false)) {
      inputs.forEach(
          (name, tensor) -> {
            if (Libtorch.has(tensor.type())) {
              values.borrow(plan.slots().get(name), Libtorch.view(tensor));
            } else {
              values.put(plan.slots().get(name), tensor);
            }
          });
      pass(values, plan.outputs().values(), Mode.EVAL);
      var outputs = new LinkedHashMap<String, org.espalier.graph.Tensor>();
      plan.outputs().forEach((name, slot) -> outputs.put(name, values.plain(slot)));
      return outputs;
    } finally {
      values.releaseAll();
    }
  }

  @Override
  public void close() {
    closed = true;
    weights.close();
  }
}
