package org.espalier.torch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.InvalidInputException;

/**
 * One walk through a plan. Each node has a pointer scope of its own, out of which only its outputs
 * are taken; a value is let go after its last use, and what autograd needs of it autograd holds.
 */
final class Pass {
  private final Tensor[] values;
  private final boolean[] held;

  private Pass(int slots) {
    values = new Tensor[slots];
    held = new boolean[slots];
  }

  /**
   * The values of these numbers after a run. They belong to the pointer scope around, or where
   * there is none, to the garbage collector.
   *
   * @param given initializers and inputs by number, borrowed
   */
  static Map<Integer, Tensor> run(
      Plan plan, Map<Integer, Tensor> given, Iterable<Integer> wanted, Mode mode) {
    var pass = new Pass(plan.slots().size());
    given.forEach((slot, tensor) -> pass.values[slot] = tensor);
    var keep = new boolean[plan.slots().size()];
    wanted.forEach(slot -> keep[slot] = true);
    try {
      for (Plan.Step step : plan.steps()) {
        pass.step(step, mode);
        for (int slot : step.last()) {
          if (!keep[slot]) {
            pass.release(slot);
          }
        }
      }
      return pass.take(wanted);
    } finally {
      for (int slot = 0; slot < pass.values.length; slot++) {
        pass.release(slot);
      }
    }
  }

  private void step(Plan.Step step, Mode mode) {
    var inputs = new ArrayList<Tensor>(step.inputs().length);
    for (int slot : step.inputs()) {
      inputs.add(slot == Plan.ABSENT ? null : values[slot]);
    }
    try (var _ = new PointerScope()) {
      Tensor[] outputs = apply(step, new Call(step.node(), inputs, mode));
      for (int k = 0; k < step.outputs().length; k++) {
        int slot = step.outputs()[k];
        if (slot != Plan.ABSENT && k < outputs.length && outputs[k] != null) {
          values[slot] = owned(outputs[k], inputs).retainReference();
          held[slot] = true;
        }
      }
    }
  }

  private static Tensor[] apply(Plan.Step step, Call call) {
    try {
      return Fallback.isNeeded(call) && Fallback.supports(step.node())
          ? Fallback.apply(call)
          : step.rule().apply(call);
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

  private void release(int slot) {
    if (held[slot]) {
      values[slot].releaseReference();
      held[slot] = false;
      values[slot] = null;
    }
  }

  private Map<Integer, Tensor> take(Iterable<Integer> wanted) {
    var taken = new HashMap<Integer, Tensor>();
    PointerScope around = PointerScope.getInnerScope();
    for (int slot : wanted) {
      if (!taken.containsKey(slot)) {
        if (held[slot] && around != null) {
          around.attach(values[slot]);
          taken.put(slot, values[slot]);
        } else if (values[slot] != null) {
          taken.put(slot, new Tensor(values[slot]));
        }
      }
    }
    return taken;
  }
}
