package org.espalier.engine;

/** Counts who is inside, and closes once nobody is. */
final class Gate {
  private int inside;
  private boolean closed;

  /**
   * Steps inside.
   *
   * @throws IllegalStateException where the gate is closed
   */
  synchronized void enter() {
    if (closed) {
      throw new IllegalStateException("this session is closed");
    }
    inside++;
  }

  synchronized void leave() {
    inside--;
    if (inside == 0 && closed) {
      notifyAll();
    }
  }

  /** Lets nobody in any more, and waits until all are out; whether it was open before. */
  synchronized boolean close() {
    boolean first = !closed;
    closed = true;
    boolean interrupted = false;
    while (inside > 0) {
      try {
        wait();
      } catch (InterruptedException again) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return first;
  }
}
