package org.espalier.engine;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.espalier.engine.plan.Choice;
import org.espalier.engine.plan.Compiler;
import org.espalier.engine.plan.Profile;
import org.espalier.engine.plan.Schedule;
import org.espalier.graph.DataType;
import org.espalier.graph.Dim;
import org.espalier.graph.Executor;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.UnsupportedModelException;
import org.espalier.graph.ValueInfo;

/**
 * A compiled model. Any number of threads may run it at the same time; the results of one plan are
 * always the same to the last bit. A new combination of input shapes is planned when it first
 * comes, and the plans of the latest few are kept.
 */
public final class Session implements Executor {
  private final Plans plans;
  private final List<ValueInfo> inputs;
  private final Workers workers;
  private final Gate gate = new Gate();
  private final WholeWeights wholeWeights;

  Session(Model model, Compiler compiler, Options options) {
    this.plans = new Plans(compiler);
    this.inputs = model.graph().requiredInputs();
    compiler.requireSupported();
    var first = new LinkedHashMap<String, long[]>();
    for (ValueInfo input : inputs) {
      shape(input).flatMap(Session::batchOfOne).ifPresent(dims -> first.put(input.name(), dims));
    }
    if (first.size() == inputs.size()) {
      planAhead(first);
    }
    this.workers = new Workers(options.threads());
    this.wholeWeights =
        new WholeWeights(model, other -> new Session(other, compiler.of(other), options));
  }

  private static Optional<Shape> shape(ValueInfo input) {
    return input.type() instanceof Type.TensorType(_, var shape) ? shape : Optional.empty();
  }

  /** The sizes of {@code shape} for a batch of one, unless another axis is open, too. */
  private static Optional<long[]> batchOfOne(Shape shape) {
    boolean onlyBatch = shape.dims().stream().skip(1).allMatch(Dim::isFixed);
    return onlyBatch
        ? Optional.of(shape.dims().stream().mapToLong((Dim dim) -> dim.sizeOr(1)).toArray())
        : Optional.empty();
  }

  /** Plans before any input is seen, unless the model refuses a batch of one. */
  private void planAhead(Map<String, long[]> dims) {
    try {
      plans.make(dims);
    } catch (UnsupportedModelException problem) {
      throw problem;
    } catch (InvalidInputException problem) {
      if (inputs.stream().allMatch(input -> shape(input).filter(Shape::isFixed).isPresent())) {
        throw problem;
      }
    }
  }

  /**
   * Runs the model once. Inputs are read where they lie, and must not change until this returns;
   * the results are new tensors, which no later run touches.
   */
  @Override
  public Map<String, Tensor> run(Map<String, Tensor> inputs) {
    return run(inputs, Map.of());
  }

  /**
   * Runs the model once and leaves results in the caller's tensors.
   *
   * @param outputs tensors to write to, by the output's name; other outputs are new tensors
   * @return a tensor for each output, by name, those of {@code outputs} among them
   * @throws InvalidInputException where an input or one of {@code outputs} is unknown, of the wrong
   *     type or shape, or an input is missing
   * @throws IllegalStateException where the session is closed
   */
  public Map<String, Tensor> run(Map<String, Tensor> inputs, Map<String, Tensor> outputs) {
    if (wholeWeights.areFor(inputs)) {
      check(inputs);
      return wholeWeights.run(inputs, outputs);
    }
    return using(inputs, plan -> plan.run(inputs, outputs, workers));
  }

  /** Runs the model once and says how long each layer took. */
  public Profile profile(Map<String, Tensor> inputs) {
    return using(inputs, plan -> plan.profile(inputs, Map.of(), workers));
  }

  private <T> T using(Map<String, Tensor> inputs, Function<Schedule, T> run) {
    gate.enter();
    try {
      Schedule plan = current(inputs);
      workers.enter();
      try {
        return run.apply(plan);
      } finally {
        workers.leave();
      }
    } finally {
      gate.leave();
    }
  }

  private Schedule current(Map<String, Tensor> given) {
    Optional<Schedule> known =
        given.size() == inputs.size() ? plans.fitting(given) : Optional.<Schedule>empty();
    return known.orElseGet(
        () -> {
          check(given);
          return plans.planFor(given);
        });
  }

  /** Runs a model of one input; of several outputs this gives the first. */
  public Tensor run(Tensor input) {
    if (inputs.size() != 1) {
      throw new InvalidInputException(
          "one tensor for a model of %d inputs: %s".formatted(inputs.size(), names()));
    }
    return run(Map.of(inputs.getFirst().name(), input)).values().iterator().next();
  }

  /** How each layer is run and why, for the shapes that were run last. */
  public List<Choice> plan() {
    return plans.latest().map(Schedule::choices).orElse(List.of());
  }

  /** The name of the kernels in use. */
  public String kernels() {
    return plans.kernels();
  }

  private List<String> names() {
    return inputs.stream().map(ValueInfo::name).toList();
  }

  private void check(Map<String, Tensor> given) {
    for (String name : given.keySet()) {
      if (!names().contains(name)) {
        throw new InvalidInputException("no input '" + name + "'; the model has " + names());
      }
    }
    for (ValueInfo input : inputs) {
      Tensor tensor = given.get(input.name());
      if (tensor == null) {
        throw new InvalidInputException(
            "input '%s' is missing; given are %s".formatted(input.name(), given.keySet()));
      }
      if (input.type() instanceof Type.TensorType(DataType type, var shape)) {
        boolean fits = tensor.type() == type && shape.map(s -> fits(s, tensor)).orElse(true);
        if (!fits) {
          throw new InvalidInputException(
              "input '%s' is %s, expected %s %s"
                  .formatted(
                      input.name(), tensor, type, shape.map(Shape::toString).orElse("[...]")));
        }
      }
    }
  }

  private static boolean fits(Shape shape, Tensor tensor) {
    if (shape.rank() != tensor.rank()) {
      return false;
    }
    for (int axis = 0; axis < shape.rank(); axis++) {
      long size = tensor.dim(axis);
      if (shape.dim(axis).sizeOr(size) != size) {
        return false;
      }
    }
    return true;
  }

  /** Ends the session once the runs under way have ended; new ones are refused from now on. */
  @Override
  public void close() {
    if (gate.close()) {
      workers.close();
      plans.retire();
      wholeWeights.close();
    }
  }

  @Override
  public String toString() {
    return "session of " + names() + " on " + kernels();
  }
}
