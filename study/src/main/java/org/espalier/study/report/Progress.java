package org.espalier.study.report;

/** Hears how far long work is. */
@FunctionalInterface
public interface Progress {
  /** Hears nothing. */
  Progress NONE = (stage, done, total, detail) -> {};

  /**
   * Called now and then, from any thread.
   *
   * @param stage what is being done, such as {@code train}; a new one starts from nothing
   * @param done how much of it, in any unit
   * @param total of how much; 0 where it isn't known
   * @param detail what else is worth seeing, such as a loss; may be empty
   */
  void at(String stage, long done, long total, String detail);
}
