package org.espalier.engine.plan;

import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * The frames of one plan that no run is using. A few are kept for the next runs, as far as memory
 * allows; the others are freed at once.
 */
final class Frames {
  /** Idle frames of a plan. */
  private static final int MOST = 16;

  private final Supplier<Frame> maker;
  private final AtomicLong room;
  private final ArrayDeque<Frame> idle = new ArrayDeque<>();
  private boolean retired;

  /**
   * Frames from {@code maker}.
   *
   * @param room bytes of idle frames that all plans of a session may keep, besides one for each
   */
  Frames(Supplier<Frame> maker, AtomicLong room) {
    this.maker = maker;
    this.room = room;
  }

  Frame take() {
    synchronized (this) {
      if (!idle.isEmpty()) {
        Frame frame = idle.pop();
        if (!idle.isEmpty()) {
          room.addAndGet(frame.memory.byteSize());
        }
        return frame;
      }
    }
    return maker.get();
  }

  /** Takes back a frame; the last that was used is the next to be, as it may be in cache. */
  synchronized void give(Frame frame) {
    frame.clear();
    long bytes = frame.memory.byteSize();
    if (retired || idle.size() >= MOST) {
      frame.free();
    } else if (idle.isEmpty()) {
      idle.push(frame);
    } else if (room.addAndGet(-bytes) >= 0) {
      idle.push(frame);
    } else {
      room.addAndGet(bytes);
      frame.free();
    }
  }

  /** Frees the idle frames now, and those in use when they come back. */
  synchronized void retire() {
    retired = true;
    while (!idle.isEmpty()) {
      Frame frame = idle.pop();
      if (!idle.isEmpty()) {
        room.addAndGet(frame.memory.byteSize());
      }
      frame.free();
    }
  }
}
