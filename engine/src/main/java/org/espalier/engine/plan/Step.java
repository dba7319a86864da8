package org.espalier.engine.plan;

/** A part of a plan: some independent tasks, which all must end before the next step begins. */
public interface Step {
  /** How many independent pieces there are; any thread may do any of them. */
  default int tasks() {
    return 1;
  }

  /** What the whole step takes on one thread, roughly; decides whether others are woken for it. */
  default double micros() {
    return 0;
  }

  /** Whether it only changes the layout of what another layer has made. */
  default boolean isConversion() {
    return false;
  }

  /**
   * Does one piece.
   *
   * @param worker the number of the thread, from 0; two pieces at a time never have the same
   */
  void run(Frame frame, int task, int worker);
}
