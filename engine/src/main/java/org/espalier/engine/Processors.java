package org.espalier.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/**
 * How many cores this process may use. Two hardware threads of one core share its multipliers, so a
 * worker on each gains nothing and costs cache.
 */
final class Processors {
  private static final Path SYSTEM = Path.of("/sys/devices/system/cpu");
  private static final Path PROCESS = Path.of("/proc/self/status");

  private Processors() {}

  /** Physical cores, or processors where the system doesn't tell which share one. */
  static int physical() {
    return physical(SYSTEM, PROCESS, Runtime.getRuntime().availableProcessors());
  }

  /**
   * The cores of the processors that this process may run on, no more than {@code available}, which
   * heeds the quota of a container.
   */
  static int physical(Path system, Path process, int available) {
    try {
      Set<String> cores = new HashSet<>();
      for (int processor : allowed(process)) {
        Path topology = system.resolve("cpu" + processor).resolve("topology");
        cores.add(Files.readString(topology.resolve("thread_siblings_list")).strip());
      }
      return cores.isEmpty() ? available : Math.min(available, cores.size());
    } catch (IOException | NumberFormatException unknown) {
      return available;
    }
  }

  /** The numbers in the line {@code Cpus_allowed_list: 0-3,8}. */
  private static Set<Integer> allowed(Path process) throws IOException {
    Set<Integer> numbers = new HashSet<>();
    for (String line : Files.readAllLines(process)) {
      if (line.startsWith("Cpus_allowed_list:")) {
        for (String range : line.substring(line.indexOf(':') + 1).strip().split(",", -1)) {
          String[] ends = range.split("-", 2);
          for (int k = Integer.parseInt(ends[0]); k <= Integer.parseInt(ends[ends.length - 1]); ) {
            numbers.add(k++);
          }
        }
      }
    }
    return numbers;
  }
}
