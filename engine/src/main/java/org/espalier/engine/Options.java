package org.espalier.engine;

import java.nio.file.Path;
import org.espalier.engine.plan.PlanCache;
import org.espalier.graph.InvalidInputException;

/**
 * How a session runs.
 *
 * @param threads how many threads share the work of one run, the caller's included
 * @param planCache where to remember which kernel was measured to be the fastest for each layer
 */
public record Options(int threads, Keeping planCache) {
  /** Where what was measured is kept from one process to the next. */
  public sealed interface Keeping {
    /** Nowhere. */
    record Off() implements Keeping {}

    /** In this file. */
    record In(Path file) implements Keeping {}

    /**
     * In a file beside this model's, with {@code .espalier-plan} after its name, or in the user's
     * folder for caches where that can't be written.
     */
    record Beside(Path model) implements Keeping {}
  }

  public Options {
    if (threads < 1) {
      throw new InvalidInputException(threads + " threads, expected 1 or more");
    }
  }

  /** This many threads, and nothing kept. */
  public Options(int threads) {
    this(threads, new Keeping.Off());
  }

  /** A thread for each core that this process may use, and nothing kept. */
  public static Options standard() {
    return new Options(Processors.physical());
  }

  public Options withThreads(int threads) {
    return new Options(threads, planCache);
  }

  /** With what was measured kept in {@code file}. */
  public Options withPlanCache(Path file) {
    return new Options(threads, new Keeping.In(file));
  }

  /** With what was measured kept beside {@code model}, the file that the model came from. */
  public Options withPlanCacheBeside(Path model) {
    return new Options(threads, new Keeping.Beside(model));
  }

  PlanCache openPlanCache() {
    return switch (planCache) {
      case Keeping.Off() -> PlanCache.none();
      case Keeping.In(Path file) -> PlanCache.in(file);
      case Keeping.Beside(Path model) -> PlanCache.beside(model);
    };
  }
}
