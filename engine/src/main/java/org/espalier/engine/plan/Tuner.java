package org.espalier.engine.plan;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.espalier.engine.plan.WarmUp.Loop;

/**
 * Times the ways to run a layer on this machine, now, and takes the fastest. Which density makes
 * sparse kernels win depends on the machine, the layer's size and the JIT compiler, so it is
 * measured and never assumed.
 */
final class Tuner {
  private static final int RUNS = 8;
  private static final double GUESSED_MICROS = 3e-4;
  private static final double IMPLAUSIBLE = 10;

  /** Nanoseconds. */
  private static final long TOO_LONG = 20_000_000;

  private static final long PATIENCE = 300_000_000;

  /**
   * One way to run a layer.
   *
   * @param loops the kernels' loops that it needs
   * @param steps multiply-adds of a vector, those of narrow loops counted twice: decides where
   *     nothing could be measured
   * @param build adds the steps, conversions included, and answers where the result lies
   */
  record Trial(
      String kernel, List<Loop> loops, double steps, Function<Planner, Home.Placed> build) {}

  /** The chosen trial and how long each took. */
  record Verdict(Trial trial, double micros, String reason) {}

  /**
   * The fastest of {@code trials}, each tried on a fork of {@code planner}.
   *
   * @param only the reason to give where there is just one
   */
  Verdict fastest(List<Trial> trials, Planner planner, String only) {
    boolean warm = true;
    for (Trial trial : trials) {
      for (Loop loop : trial.loops()) {
        warm &= WarmUp.of(planner.kernels(), loop);
      }
    }
    if (!warm) {
      Trial least = Collections.min(trials, Comparator.comparingDouble(Trial::steps));
      return new Verdict(
          least,
          least.steps() * GUESSED_MICROS,
          trials.size() == 1 ? only : "fewest vector steps; the JIT was too busy to measure");
    }
    Trial best = null;
    double fastest = Double.POSITIVE_INFINITY;
    var times = new ArrayList<String>();
    for (Trial trial : trials) {
      double micros = micros(trial, planner);
      times.add("%s %.1f us".formatted(trial.kernel(), micros));
      if (micros < fastest) {
        fastest = micros;
        best = trial;
      }
    }
    String reason = trials.size() == 1 ? only : "measured: " + String.join(", ", times);
    return new Verdict(best, fastest, reason);
  }

  /** The best of a few runs on one thread, on memory of zeros. */
  private static double micros(Trial trial, Planner planner) {
    Planner fork = planner.fork();
    Home.Placed result = trial.build().apply(fork);
    // Slots of the plan so far are borrowed for the trial: none has its final place yet.
    Set<Slot> slots = new LinkedHashSet<>(fork.touched());
    slots.add(result.slot());
    long at = 0;
    for (Slot slot : slots) {
      slot.at = at;
      at += slot.bytes;
    }
    var frame = new Frame(at, fork.boxes());
    // Conversions come first; their loops may not be compiled yet, so their time is a guess.
    Step last = fork.steps().getLast();
    double before = 0;
    for (Step step : fork.steps().subList(0, fork.steps().size() - 1)) {
      before += step.micros();
    }
    double best = Double.POSITIVE_INFINITY;
    long begin = System.nanoTime();
    // A time far from the guess is that of code which the compiler has thrown away again, having
    // seen something new.
    double plausible = trial.steps() * GUESSED_MICROS * IMPLAUSIBLE + 20;
    for (int run = 0; run <= RUNS || best > plausible; run++) {
      if (run > 1 && System.nanoTime() - begin > (best > plausible ? PATIENCE : TOO_LONG)) {
        break;
      }
      long start = System.nanoTime();
      for (int task = 0; task < last.tasks(); task++) {
        last.run(frame, task, 0);
      }
      best = run == 0 ? best : Math.min(best, (System.nanoTime() - start) / 1e3);
    }
    slots.forEach(slot -> slot.at = -1);
    return before + best;
  }
}
