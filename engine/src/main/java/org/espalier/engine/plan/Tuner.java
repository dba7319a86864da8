package org.espalier.engine.plan;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.espalier.engine.kernel.Kernels;
import org.espalier.engine.plan.WarmUp.Loop;

/**
 * Times the ways to run a layer on this machine, now, and takes the fastest. Which density makes
 * sparse kernels win depends on the machine, the layer's size and the JIT compiler, so it is
 * measured and never assumed.
 */
final class Tuner {
  private static final double CLEARLY = 0.95;

  /** Rounds without a better time after which times are taken to be settled. */
  private static final int STEADY = 3;

  private static final double GUESSED_MICROS = 3e-4;

  /** Layers for which no more than this is guessed aren't worth waiting for the JIT compiler. */
  private static final double SMALL_MICROS = 20;

  private static final double IMPLAUSIBLE = 10;

  /** Nanoseconds. */
  private static final long TOO_LONG = 25_000_000;

  /**
   * One way to run a layer.
   *
   * @param loops the kernels' loops that it needs
   * @param steps multiply-adds of a vector, those of narrow loops counted twice: decides where
   *     nothing could be measured
   * @param build adds the steps, conversions included, and answers where the result lies
   */
  record Trial(
      String kernel, List<Loop> loops, double steps, Function<Planner, Home.InMemory> build) {}

  /** The chosen trial and how long each took. */
  record Verdict(Trial trial, double micros, String reason) {}

  private static final long BUDGET_NANOS = 4_000_000_000L;

  private static final long WORTH_KEEPING_NANOS = 100_000_000;

  /** Microseconds and steps of all that was measured, by kernel. */
  private final Map<String, double[]> measured = new HashMap<>();

  private final PlanCache cache;
  private final LongSupplier clock;
  private long left = BUDGET_NANOS;

  /**
   * A tuner that remembers in {@code cache}.
   *
   * @param clock nanoseconds from some moment on, as {@link System#nanoTime} has them
   */
  Tuner(PlanCache cache, LongSupplier clock) {
    this.cache = cache;
    this.clock = clock;
  }

  /** Lets the layers of another plan take their time, some seconds in all. */
  void begin() {
    left = BUDGET_NANOS;
  }

  /**
   * The fastest of {@code trials}, each tried on a fork of {@code planner}; where the plan's time
   * is up or the JIT compiler is too busy, the one that should be by what was measured before.
   *
   * @param only the reason to give where there is just one
   */
  Verdict fastest(List<Trial> trials, Planner planner, String only) {
    String key = key(trials, planner);
    Optional<Verdict> known = cache.remembered(key).flatMap(entry -> verdict(entry, trials));
    if (known.isPresent()) {
      return known.get();
    }
    long begin = clock.getAsLong();
    try {
      if (!planner.kernels().areFast()) {
        return estimated(
            trials, only, "estimated, as %s isn't timed".formatted(planner.kernels().name()));
      }
      if (left <= 0) {
        return estimated(trials, only, "estimated, as other layers took the time to measure");
      }
      if (areSmall(trials) && !isDone(trials, planner.kernels())) {
        return estimated(trials, only, "estimated, as it is small");
      }
      for (Trial trial : trials) {
        for (Loop loop : trial.loops()) {
          if (!WarmUp.of(planner.kernels(), loop, left - (clock.getAsLong() - begin))) {
            return estimated(trials, only, "estimated, as the JIT compiler was too busy");
          }
        }
      }
      Verdict verdict = measured(trials, planner, only);
      cache.remember(
          key, new PlanCache.Entry(verdict.trial().kernel(), verdict.micros(), verdict.reason()));
      return verdict;
    } finally {
      left -= clock.getAsLong() - begin;
    }
  }

  private static boolean areSmall(List<Trial> trials) {
    return trials.stream().allMatch(trial -> trial.steps() * GUESSED_MICROS <= SMALL_MICROS);
  }

  private static boolean isDone(List<Trial> trials, Kernels kernels) {
    return trials.stream()
        .flatMap(trial -> trial.loops().stream())
        .allMatch(loop -> WarmUp.isDone(kernels, loop));
  }

  private static String key(List<Trial> trials, Planner planner) {
    return Digest.of(
        String.join(
            "\n",
            Machine.description(),
            planner.kernels().name(),
            planner.threads() + " threads",
            trials.stream().map(Trial::kernel).toList().toString(),
            planner.layerKey()));
  }

  private static Optional<Verdict> verdict(PlanCache.Entry entry, List<Trial> trials) {
    return trials.stream()
        .filter(trial -> trial.kernel().equals(entry.kernel()))
        .findFirst()
        .map(trial -> new Verdict(trial, entry.micros(), entry.reason()));
  }

  /** Whether the layers of the plan took so long to measure that it is worth a file. */
  boolean tookLong() {
    return BUDGET_NANOS - left > WORTH_KEEPING_NANOS;
  }

  private Verdict measured(List<Trial> trials, Planner planner, String only) {
    double[] micros = raced(trials, planner);
    correct(trials, micros);
    int best = 0;
    for (int k = 0; k < micros.length; k++) {
      Trial trial = trials.get(k);
      double[] sum = measured.computeIfAbsent(trial.kernel(), kernel -> new double[2]);
      sum[0] += micros[k];
      sum[1] += trial.steps();
      // Trials come in the order of their promise; what is hardly faster may be so by chance.
      best = micros[k] < CLEARLY * micros[best] ? k : best;
    }
    String reason = trials.size() == 1 ? only : "measured: " + times(trials, micros);
    return new Verdict(trials.get(best), micros[best], reason);
  }

  /**
   * Where one trial took many times longer than the other for each of its steps, its code was not
   * compiled when it ran: it is taken to be as fast as the other.
   */
  private static void correct(List<Trial> trials, double[] micros) {
    if (micros.length != 2) {
      return;
    }
    for (int k = 0; k < 2; k++) {
      double others = micros[1 - k] / trials.get(1 - k).steps() * trials.get(k).steps();
      if (micros[k] > IMPLAUSIBLE * others + 20) {
        micros[k] = others;
      }
    }
  }

  private Verdict estimated(List<Trial> trials, String only, String reason) {
    double[] micros = trials.stream().mapToDouble(this::estimate).toArray();
    int best = 0;
    for (int k = 1; k < micros.length; k++) {
      best = micros[k] < micros[best] ? k : best;
    }
    return new Verdict(
        trials.get(best),
        micros[best],
        trials.size() == 1 ? only : reason + ": " + times(trials, micros));
  }

  private double estimate(Trial trial) {
    double[] sum = measured.get(trial.kernel());
    return trial.steps() * (sum == null ? GUESSED_MICROS : sum[0] / Math.max(sum[1], 1));
  }

  private static String times(List<Trial> trials, double[] micros) {
    return IntStream.range(0, micros.length)
        .mapToObj(k -> "%s %.1f us".formatted(trials.get(k).kernel(), micros[k]))
        .collect(Collectors.joining(", "));
  }

  /** What each trial takes. */
  private double[] raced(List<Trial> trials, Planner planner) {
    var attempts = new ArrayList<Attempt>();
    try {
      trials.forEach(trial -> attempts.add(attempt(trial, planner)));
      race(attempts);
      return attempts.stream().mapToDouble(Attempt::micros).toArray();
    } finally {
      attempts.forEach(Attempt::free);
    }
  }

  /** Builds a trial on a fork of {@code planner}. */
  private static Attempt attempt(Trial trial, Planner planner) {
    planner.weights().trial();
    try {
      return Attempt.of(trial, planner.fork());
    } finally {
      planner.weights().endTrial();
    }
  }

  /**
   * Runs all attempts in turn until none has become faster for a while: first runs are those of
   * code that isn't compiled yet, and they aren't slow for all attempts alike.
   */
  private void race(List<Attempt> attempts) {
    long begin = clock.getAsLong();
    int unchanged = 0;
    for (int round = 0; unchanged < STEADY; round++) {
      boolean faster = false;
      for (Attempt attempt : attempts) {
        faster |= attempt.run(clock);
      }
      unchanged = faster ? 0 : unchanged + 1;
      long taken = clock.getAsLong() - begin;
      if (round > 0 && taken > Math.min(left, attempts.size() * TOO_LONG)) {
        break;
      }
    }
  }
}
