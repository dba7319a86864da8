package org.espalier.cli;

import java.util.Locale;

/** Numbers as people read them. */
final class Units {
  private Units() {}

  /** 266,610 or 4.09 G. */
  static String count(long count) {
    if (count < 1_000_000) {
      return String.format(Locale.ROOT, "%,d", count);
    }
    return count < 1_000_000_000L
        ? String.format(Locale.ROOT, "%.2f M", count / 1e6)
        : String.format(Locale.ROOT, "%.2f G", count / 1e9);
  }

  static String bytes(long bytes) {
    if (bytes < 1000) {
      return bytes + " B";
    }
    if (bytes < 1_000_000) {
      return String.format(Locale.ROOT, "%.1f kB", bytes / 1e3);
    }
    return bytes < 1_000_000_000L
        ? String.format(Locale.ROOT, "%.2f MB", bytes / 1e6)
        : String.format(Locale.ROOT, "%.2f GB", bytes / 1e9);
  }

  /** 1 thread, 2 threads. */
  static String threads(int threads) {
    return threads == 1 ? "1 thread" : threads + " threads";
  }

  static String percent(double share) {
    return String.format(Locale.ROOT, "%.2f%%", 100 * share);
  }

  static String millis(double ms) {
    return String.format(Locale.ROOT, ms < 1 ? "%.4f" : "%.2f", ms);
  }
}
