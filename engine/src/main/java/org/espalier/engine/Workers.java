package org.espalier.engine;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.espalier.engine.plan.Frame;
import org.espalier.engine.plan.Plan;
import org.espalier.engine.plan.Step;

/**
 * The threads that share the work of a session. One run at a time has their help; another that
 * comes meanwhile does its work alone, so that runs never wait for each other. Idle threads sleep.
 */
final class Workers implements Plan.Crew, AutoCloseable {
  /** Waking a thread takes some microseconds: it must be worth it. */
  static final double WORTH_WAKING_MICROS = 40;

  private final ReentrantLock busy = new ReentrantLock();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition wake = lock.newCondition();
  private final Condition done = lock.newCondition();
  private final Thread[] threads;
  private Job job;
  private boolean closed;

  private static final class Job {
    final Step step;
    final Frame frame;
    final int tasks;
    final AtomicInteger next = new AtomicInteger();
    final AtomicInteger seats = new AtomicInteger(1);
    int active;
    Throwable failure;

    Job(Step step, Frame frame) {
      this.step = step;
      this.frame = frame;
      this.tasks = step.tasks();
    }
  }

  Workers(int count) {
    threads = new Thread[count - 1];
    for (int k = 0; k < threads.length; k++) {
      threads[k] =
          Thread.ofPlatform().daemon().name("espalier-engine-" + (k + 1)).unstarted(this::serve);
      threads[k].start();
    }
  }

  @Override
  public void run(Step step, Frame frame, double micros) {
    int tasks = step.tasks();
    if (threads.length == 0 || tasks == 1 || micros < WORTH_WAKING_MICROS || !busy.tryLock()) {
      for (int task = 0; task < tasks; task++) {
        step.run(frame, task, 0);
      }
      return;
    }
    try {
      share(new Job(step, frame));
    } finally {
      busy.unlock();
    }
  }

  private void share(Job shared) {
    lock.lock();
    try {
      job = shared;
      wake.signalAll();
    } finally {
      lock.unlock();
    }
    work(shared, 0);
    lock.lock();
    try {
      job = null; // who hasn't joined yet stays away
      while (shared.active > 0) {
        done.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
    switch (shared.failure) {
      case null -> {}
      case RuntimeException problem -> throw problem;
      case Error problem -> throw problem;
      case Throwable problem -> throw new IllegalStateException(problem);
    }
  }

  private static void work(Job job, int worker) {
    try {
      for (int task; (task = job.next.getAndIncrement()) < job.tasks; ) {
        job.step.run(job.frame, task, worker);
      }
    } catch (RuntimeException | Error problem) {
      job.next.set(job.tasks);
      job.failure = problem;
    }
  }

  private void serve() {
    Job last = null;
    lock.lock();
    try {
      while (!closed) {
        if (job == null || job == last) {
          wake.awaitUninterruptibly();
          continue;
        }
        Job mine = job;
        mine.active++;
        lock.unlock();
        try {
          work(mine, mine.seats.getAndIncrement());
        } finally {
          lock.lock();
        }
        last = mine;
        if (--mine.active == 0) {
          done.signalAll();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** How many threads work on a step, the caller's included. */
  int count() {
    return threads.length + 1;
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      wake.signalAll();
    } finally {
      lock.unlock();
    }
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
