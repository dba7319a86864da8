package org.espalier.engine;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.espalier.engine.plan.Compiler;
import org.espalier.engine.plan.Schedule;
import org.espalier.graph.Tensor;

/** The plans of a session: a few, those for the shapes that were used last. */
final class Plans {
  private static final int KEPT = 8;

  private final Compiler compiler;
  private volatile Schedule latest;

  /** Who was used last comes last. */
  private final List<Schedule> kept = new ArrayList<>(KEPT);

  Plans(Compiler compiler) {
    this.compiler = compiler;
  }

  String kernels() {
    return compiler.kernels().name();
  }

  /** The plan that was used or made last. */
  Optional<Schedule> latest() {
    return Optional.ofNullable(latest);
  }

  /** A plan there is for inputs like these. */
  Optional<Schedule> fitting(Map<String, Tensor> inputs) {
    Schedule last = latest;
    return last != null && last.fits(inputs) ? Optional.of(last) : search(inputs);
  }

  private Optional<Schedule> search(Map<String, Tensor> inputs) {
    synchronized (kept) {
      for (Schedule plan : kept) {
        if (plan.fits(inputs)) {
          kept.remove(plan);
          kept.add(plan);
          latest = plan;
          return Optional.of(plan);
        }
      }
      return Optional.empty();
    }
  }

  /** The plan for inputs like these, made where there is none; one plan is made at a time. */
  Schedule planFor(Map<String, Tensor> inputs) {
    synchronized (compiler) {
      Optional<Schedule> made = search(inputs); // while this thread waited
      if (made.isPresent()) {
        return made.get();
      }
      var dims = new LinkedHashMap<String, long[]>();
      inputs.forEach((name, tensor) -> dims.put(name, tensor.dims()));
      return make(dims);
    }
  }

  /** A new plan for inputs of these dimensions. */
  Schedule make(Map<String, long[]> dims) {
    synchronized (compiler) {
      Schedule plan = compiler.plan(dims);
      synchronized (kept) {
        if (kept.size() == KEPT) {
          kept.removeFirst().retire();
        }
        kept.add(plan);
        latest = plan;
      }
      return plan;
    }
  }

  /** Frees what the plans hold. */
  void retire() {
    synchronized (kept) {
      kept.forEach(Schedule::retire);
    }
  }
}
