package org.espalier.engine;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import org.espalier.engine.plan.Frame;
import org.espalier.engine.plan.Plan;
import org.espalier.engine.plan.Step;

/**
 * The threads that share the work of a session. One step at a time has their help; a run that comes
 * meanwhile does its work alone, and so do all while there are as many runs as threads: runs never
 * wait for each other.
 *
 * <p>Steps of some ten microseconds are shared, too, which waking a thread for each would not pay:
 * between two steps of a run a helper spins, for a moment; then it sleeps, and sooner when no run
 * is under way.
 *
 * <p>Tasks are cut into as many ranges as there are threads, in order. Each thread begins with its
 * own, since what it reads of the step before is mostly what it wrote itself, in a cache of its
 * own; then it helps the others.
 *
 * <p>Nothing is allocated to share a step. Its fields are written, then {@link #claims} open, one
 * for each range: the number of the step above, the next task below. Who takes a task raises it by
 * a compare-and-set, which fails where the step has ended meanwhile; only a closed step's fields
 * are overwritten.
 */
final class Workers implements Plan.Crew, AutoCloseable {
  /** Waking a sleeping thread takes some ten microseconds: it must be worth it. */
  static final double WORTH_WAKING_MICROS = 40;

  /** Handing a step to a thread that spins takes about one. */
  static final double WORTH_SHARING_MICROS = 6;

  /**
   * How long a thread waits awake in a run. Sleeping between steps is worse than the wake-ups it
   * costs: the system wakes a thread on the core of the one that woke it, and both may stay there
   * while the other core idles.
   */
  private static final long SPIN_NANOS = 2_000_000;

  /** How long a helper waits awake for the next run. */
  private static final long LINGER_NANOS = 100_000;

  /** From here on a waiting thread lets others have the core: one may be whom it waits for. */
  private static final long KEEP_CORE_NANOS = 20_000;

  /** Looks at a field between two looks at the clock. */
  private static final int LOOKS = 32;

  /** A next task past any step's last. */
  private static final long CLOSED = 0x7fff_ffffL;

  /** Numbers between two claims, which keeps them in cache lines of their own. */
  private static final int APART = 16;

  private final Helper[] helpers;
  private final AtomicBoolean busy = new AtomicBoolean();
  private final AtomicInteger runs = new AtomicInteger();
  private final AtomicLongArray claims;
  private final AtomicInteger pending = new AtomicInteger();
  private final AtomicInteger awake = new AtomicInteger();
  private volatile long opened;
  private volatile Thread waiting;
  private volatile boolean ended;
  private volatile Throwable failure;

  // Of the step being shared.
  private Step step;
  private Frame frame;
  private int tasks;

  /** One thread besides those that call. */
  private final class Helper extends Thread {
    final int number;
    final AtomicBoolean asleep = new AtomicBoolean();

    /** The latest step of which this has seen the end. */
    private long last;

    Helper(int number) {
      super("espalier-engine-" + number);
      this.number = number;
      setDaemon(true);
    }

    @Override
    public void run() {
      awake.incrementAndGet();
      while (!ended) {
        last = opened;
        work(number);
        if (!spin()) {
          sleep();
        }
      }
      awake.decrementAndGet();
    }

    private boolean isOpen() {
      return opened != last;
    }

    /** Whether a step opens before a moment has passed. */
    private boolean spin() {
      long start = System.nanoTime();
      long passed = 0;
      while (passed < (runs.get() > 0 ? SPIN_NANOS : LINGER_NANOS) && !ended) {
        for (int look = 0; look < LOOKS; look++) {
          if (isOpen()) {
            return true;
          }
          Thread.onSpinWait();
        }
        passed = yieldAfter(start);
      }
      return isOpen();
    }

    private void sleep() {
      asleep.set(true);
      awake.decrementAndGet();
      while (asleep.get() && !isOpen() && !ended) {
        LockSupport.park(Workers.this);
      }
      awake.incrementAndGet();
      asleep.set(false);
    }
  }

  /** As many threads as {@code count}, of which the caller's is one. */
  Workers(int count) {
    claims = new AtomicLongArray((count + 1) * APART);
    close(0);
    helpers = new Helper[count - 1];
    for (int k = 0; k < helpers.length; k++) {
      helpers[k] = new Helper(k + 1);
      helpers[k].start();
    }
  }

  /** A run begins on the calling thread. */
  void enter() {
    runs.incrementAndGet();
  }

  void leave() {
    runs.decrementAndGet();
  }

  @Override
  public void run(Step step, Frame frame, double micros) {
    int tasks = step.tasks();
    if (tasks > 1 && isWorthSharing(micros) && busy.compareAndSet(false, true)) {
      try {
        share(step, frame, tasks, micros);
      } finally {
        busy.set(false);
      }
      return;
    }
    for (int task = 0; task < tasks; task++) {
      step.run(frame, task, 0);
    }
  }

  private boolean isWorthSharing(double micros) {
    return helpers.length > 0
        && runs.get() <= helpers.length
        && micros >= (awake.get() > 0 ? WORTH_SHARING_MICROS : WORTH_WAKING_MICROS);
  }

  private void share(Step shared, Frame in, int count, double micros) {
    step = shared;
    frame = in;
    tasks = count;
    failure = null;
    pending.set(count);
    long number = opened + 1;
    for (int range = 0; range < count(); range++) {
      claims.set(claim(range), number << 31 | first(range, count));
    }
    opened = number;
    if (micros >= WORTH_WAKING_MICROS) {
      wake(count - 1);
    }
    work(0);
    await();
    // All tasks are taken; from now on nobody looks at the fields.
    close(number);
    step = null;
    frame = null;
    switch (failure) {
      case null -> {}
      case RuntimeException problem -> throw problem;
      case Error problem -> throw problem;
      case Throwable problem -> throw new IllegalStateException(problem);
    }
  }

  private void wake(int atMost) {
    for (int k = 0; k < Math.min(atMost, helpers.length); k++) {
      if (helpers[k].asleep.get() && helpers[k].asleep.compareAndSet(true, false)) {
        LockSupport.unpark(helpers[k]);
      }
    }
  }

  /** Where the claim on a range lies. */
  private static int claim(int range) {
    return (range + 1) * APART;
  }

  /** The first task of a range, or the end of the range before. */
  private int first(int range, int tasks) {
    return (int) ((long) tasks * range / count());
  }

  private void close(long number) {
    for (int at = APART; at < claims.length(); at += APART) {
      claims.set(at, number << 31 | CLOSED);
    }
  }

  /** Takes tasks of the open step until none is left. */
  private void work(int worker) {
    int done = 0;
    for (int k = 0; k < count(); k++) {
      done += work(worker, (worker + k) % count());
    }
    if (done > 0 && pending.addAndGet(-done) == 0) {
      Thread caller = waiting;
      if (caller != null) {
        LockSupport.unpark(caller);
      }
    }
  }

  /** Takes tasks of a range until none is left; how many. */
  private int work(int worker, int range) {
    int done = 0;
    while (true) {
      long seen = claims.get(claim(range));
      long task = seen & CLOSED;
      Step taken = step;
      Frame in = frame;
      if (task >= first(range + 1, tasks)) {
        return done;
      }
      if (claims.compareAndSet(claim(range), seen, seen + 1)) {
        perform(taken, in, (int) task, worker);
        done++;
      }
    }
  }

  private void perform(Step taken, Frame in, int task, int worker) {
    if (failure == null) {
      try {
        taken.run(in, task, worker);
      } catch (RuntimeException | Error problem) {
        failure = problem;
      }
    }
  }

  /** Waits for tasks that others have taken. */
  private void await() {
    long start = System.nanoTime();
    while (pending.get() > 0 && yieldAfter(start) < SPIN_NANOS) {
      for (int look = 0; look < LOOKS && pending.get() > 0; look++) {
        Thread.onSpinWait();
      }
    }
    if (pending.get() > 0) {
      boolean interrupted = false;
      waiting = Thread.currentThread();
      while (pending.get() > 0) {
        LockSupport.park(this);
        interrupted |= Thread.interrupted();
      }
      waiting = null;
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Lets others have the core unless the wait has just begun; how long it has taken, in ns. */
  @SuppressWarnings("ThreadPriorityCheck") // a hint is all that is meant
  private static long yieldAfter(long start) {
    long passed = System.nanoTime() - start;
    if (passed > KEEP_CORE_NANOS) {
      Thread.yield();
    }
    return passed;
  }

  /** How many threads work on a step, the caller's included. */
  int count() {
    return helpers.length + 1;
  }

  /** Ends the threads; no run may be under way. */
  @Override
  public void close() {
    ended = true;
    boolean interrupted = false;
    for (Helper helper : helpers) {
      LockSupport.unpark(helper);
      while (helper.isAlive()) {
        try {
          helper.join();
        } catch (InterruptedException again) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
