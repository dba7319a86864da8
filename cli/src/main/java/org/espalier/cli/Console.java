package org.espalier.cli;

import java.io.PrintWriter;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.espalier.study.report.Progress;

/**
 * Where a command tells how far it is: a bar on a terminal, a line now and then elsewhere, nothing
 * when asked to be quiet. All of it goes to stderr.
 */
final class Console implements Progress, AutoCloseable {
  private static final long LINE_EVERY_NANOS = 10_000_000_000L;

  /** What is done sooner than this needs no line. */
  private static final long FIRST_LINE_NANOS = 1_000_000_000L;

  private final PrintWriter err;
  private final boolean shown;
  private final boolean terminal;
  private String stage = "";
  private ProgressBar bar;
  private long lastLine = System.nanoTime();

  Console(PrintWriter err, boolean shown) {
    this.err = err;
    this.shown = shown;
    java.io.Console console = System.console(); // null on JDK 25 where there is no terminal
    terminal = shown && console != null && console.isTerminal();
  }

  @Override
  public synchronized void at(String stage, long done, long total, String detail) {
    if (!shown) {
      return;
    }
    if (terminal) {
      onTerminal(stage, done, total, detail);
      this.stage = stage;
      return;
    }
    boolean isNew = !stage.equals(this.stage);
    if (System.nanoTime() - lastLine > (isNew ? FIRST_LINE_NANOS : LINE_EVERY_NANOS)) {
      lastLine = System.nanoTime();
      this.stage = stage;
      String far = total > 0 ? done + "/" + total : Long.toString(done);
      err.printf("%s %s%s%n", stage, far, detail.isEmpty() ? "" : "  " + detail);
      err.flush();
    }
  }

  private void onTerminal(String stage, long done, long total, String detail) {
    if (bar == null || !stage.equals(this.stage)) {
      close();
      bar =
          new ProgressBarBuilder()
              .setTaskName(stage)
              .setInitialMax(total)
              .setUpdateIntervalMillis(200)
              .build();
    }
    bar.maxHint(total);
    bar.stepTo(done);
    bar.setExtraMessage(detail);
  }

  @Override
  public synchronized void close() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }
}
