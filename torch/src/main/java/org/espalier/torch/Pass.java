package org.espalier.torch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.InvalidInputException;

/**
 * One walk through a plan. Each node has a pointer scope of its own, out of which only its outputs
 * are taken; a value is let go after its last use, and what autograd needs of it autograd holds.
 */
final class Pass {
  private final Values values;
  private final Mode mode;

  private Pass(Values values, Mode mode) {
    this.values = values;
    this.mode = mode;
  }

  /**
   * Runs a plan. What is wanted of the values stays and the rest goes; {@link Values#releaseAll}
   * lets go of what stayed.
   *
   * @param values with initializers and inputs
   */
  static void run(Plan plan, Values values, Collection<Integer> wanted, Mode mode) {
    run(plan, values, wanted, mode, 0, plan.steps().size());
  }

  /** Runs the steps of a plan from {@code from} and before {@code to}. */
  static void run(
      Plan plan, Values values, Collection<Integer> wanted, Mode mode, int from, int to) {
    var pass = new Pass(values, mode);
    var keep = new boolean[plan.slots().size()];
    wanted.forEach(slot -> keep[slot] = true);
    for (Plan.Step step : plan.steps().subList(Math.min(from, to), to)) {
      if (step.plain()) {
        pass.plainStep(step);
      } else {
        pass.step(step);
      }
      for (int slot : step.last()) {
        if (!keep[slot]) {
          values.release(slot);
        }
      }
    }
  }

  private void step(Plan.Step step) {
    var inputs = new ArrayList<Tensor>(step.inputs().length);
    for (int slot : step.inputs()) {
      inputs.add(values.torch(slot));
    }
    var call = new Call(step.node(), inputs, mode);
    if (Fallback.isNeeded(call)) {
      plainStep(step);
      return;
    }
    try (var _ = new PointerScope()) {
      Tensor[] outputs = apply(step.rule(), call);
      for (int k = 0; k < step.outputs().length && k < outputs.length; k++) {
        int slot = step.outputs()[k];
        if (slot != Plan.ABSENT && outputs[k] != null) {
          values.hold(slot, owned(outputs[k], inputs));
        }
      }
    }
  }

  private void plainStep(Plan.Step step) {
    var inputs = new ArrayList<org.espalier.graph.Tensor>(step.inputs().length);
    boolean differentiable = false;
    for (int slot : step.inputs()) {
      Tensor tensor = values.torch(slot);
      differentiable |= tensor != null && tensor.requires_grad();
      inputs.add(values.plain(slot));
    }
    List<org.espalier.graph.Tensor> outputs = Fallback.apply(step.node(), inputs, differentiable);
    for (int k = 0; k < step.outputs().length; k++) {
      int slot = step.outputs()[k];
      var output = outputs.get(k);
      if (slot == Plan.ABSENT || output == null) {
        continue;
      }
      if (Libtorch.has(output.type())) {
        try (var _ = new PointerScope()) {
          values.hold(slot, Libtorch.view(output));
        }
      } else {
        values.put(slot, output);
      }
    }
  }

  private static Tensor[] apply(Rule rule, Call call) {
    try {
      return rule.apply(call);
    } catch (InvalidInputException alreadyExplained) {
      throw alreadyExplained;
    } catch (RuntimeException error) {
      throw failure(call, error);
    }
  }

  /** libtorch's message without its trace of native frames, and the shapes that led to it. */
  private static InvalidInputException failure(Call call, RuntimeException error) {
    String message = String.valueOf(error.getMessage()).lines().findFirst().orElse("");
    List<String> shapes =
        call.inputs().stream()
            .map(
                input ->
                    input == null
                        ? "absent"
                        : Libtorch.type(input.scalar_type())
                            + " "
                            + Arrays.toString(Libtorch.shape(input)))
            .toList();
    return new InvalidInputException(
        "node '%s' (%s) on inputs %s: %s"
            .formatted(call.node().label(), call.node().op(), shapes, message),
        error);
  }

  /** A handle of our own where a rule passed on an input or part of a native structure. */
  private static Tensor owned(Tensor output, List<Tensor> inputs) {
    boolean shared = output.referenceCount() < 0;
    for (Tensor input : inputs) {
      shared |= output.equals(input);
    }
    return shared ? new Tensor(output) : output;
  }
}
