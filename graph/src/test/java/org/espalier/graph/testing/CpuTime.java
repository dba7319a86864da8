package org.espalier.graph.testing;

import java.lang.management.ManagementFactory;
import java.time.Duration;

/** What a processor has worked for this thread: others on the machine don't add to it. */
public final class CpuTime {
  private CpuTime() {}

  public static Duration used() {
    return Duration.ofNanos(ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime());
  }
}
