package org.espalier.prune.evidence;

/**
 * How to observe.
 *
 * @param memory how many bytes of what is gathered are held in memory; the rest lies in temporary
 *     files
 * @param objective the loss that gradients are of
 * @param progress is told what is done
 */
public record Observation(long memory, Objective objective, Progress progress) {
  /** A gibibyte, the usual loss, and nobody to be told. */
  public static final Observation USUAL =
      new Observation(1L << 30, Objective.usual(), (what, done, of) -> {});

  /** Is told how far the work has come. */
  @FunctionalInterface
  public interface Progress {
    /**
     * Some of the work is done.
     *
     * @param what is being done, such as "observe"
     * @param done examples or layers, of {@code of}
     */
    void at(String what, long done, long of);
  }

  public Observation withMemory(long memory) {
    return new Observation(memory, objective, progress);
  }

  public Observation withObjective(Objective objective) {
    return new Observation(memory, objective, progress);
  }

  public Observation withProgress(Progress progress) {
    return new Observation(memory, objective, progress);
  }
}
