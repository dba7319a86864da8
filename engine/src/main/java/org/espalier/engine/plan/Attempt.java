package org.espalier.engine.plan;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;

/** A way to run a layer, built in memory of its own to be timed there, on zeros. */
final class Attempt {
  /** A smaller gain than this is taken for chance. */
  private static final double GAIN = 0.97;

  private final Step step;
  private final Frame frame;
  private final List<Slot> slots;
  private final long[] places;
  private final double before;
  private double best = Double.POSITIVE_INFINITY;

  private Attempt(Step step, Frame frame, List<Slot> slots, long[] places, double before) {
    this.step = step;
    this.frame = frame;
    this.slots = slots;
    this.places = places;
    this.before = before;
  }

  static Attempt of(Tuner.Trial trial, Planner fork) {
    Home.InMemory result = trial.build().apply(fork);
    Set<Slot> slots = new LinkedHashSet<>(fork.touched());
    slots.add(result.slot());
    var all = List.copyOf(slots);
    long[] places = new long[all.size()];
    long at = Slot.HEAD;
    for (int k = 0; k < places.length; k++) {
      places[k] = at;
      at += all.get(k).bytes;
    }
    // Conversions come first; their loops may not be compiled yet, so their time is a guess.
    double before = 0;
    for (Step step : fork.steps().subList(0, fork.steps().size() - 1)) {
      before += step.micros();
    }
    var frame = new Frame(at, fork.boxes());
    return new Attempt(fork.steps().getLast(), frame, all, places, before);
  }

  /** Runs once on this thread; answers whether it was clearly faster than ever before. */
  boolean run(LongSupplier clock) {
    // Slots of the plan so far are borrowed for the run: none has its final place yet.
    for (int k = 0; k < places.length; k++) {
      slots.get(k).at = places[k];
    }
    int tasks = step.tasks();
    long start = clock.getAsLong();
    for (int task = 0; task < tasks; task++) {
      step.run(frame, task, 0);
    }
    double micros = (clock.getAsLong() - start) / 1e3;
    slots.forEach(slot -> slot.at = -1);
    boolean faster = micros < GAIN * best;
    best = Math.min(best, micros);
    return faster;
  }

  void free() {
    frame.free();
  }

  /** The best time of a run, and what conversions before it are guessed to take. */
  double micros() {
    return before + best;
  }
}
