package org.espalier.cli;

import java.io.PrintWriter;
import java.util.stream.Collectors;
import org.espalier.study.bench.LayerTimes;

/** The layers of a measured run, slowest first. */
final class LayerTable {
  private LayerTable() {}

  static void print(LayerTimes times, PrintWriter out) {
    out.println();
    boolean theirs = times.onnxruntimeSumMs().isPresent();
    Table table =
        new Table(
            "us",
            "share",
            "ONNX Runtime us",
            "useful",
            "effective",
            "density",
            "op",
            "kernel",
            "layout",
            "layer",
            "steps");
    for (LayerTimes.Row row : times.slowestFirst()) {
      if (row.parts().isEmpty()) {
        continue;
      }
      table.row(
          "%.1f".formatted(row.micros()),
          Units.percent(row.share()),
          row.onnxruntimeMicros().map("%.0f"::formatted).orElse("-"),
          row.gflops().map(f -> "%.1f".formatted(f.useful())).orElse("-"),
          row.gflops().map(f -> "%.1f".formatted(f.effective())).orElse("-"),
          "%.3f".formatted(row.density()),
          row.op(),
          row.kernel(),
          row.layout(),
          row.layer(),
          steps(row));
    }
    table.print(out);
    out.printf(
        "sum of the layers %.3f ms of a run of %.3f ms%s; useful and effective in GFLOP/s%n%n",
        times.sumMs(),
        times.runMs(),
        theirs
            ? "; ONNX Runtime's nodes %.3f ms, of them in no layer here %.3f ms"
                .formatted(times.onnxruntimeSumMs().get(), times.onnxruntimeOtherMs().get())
            : "");
  }

  /** The steps of a layer, where it has more than one. */
  private static String steps(LayerTimes.Row row) {
    return row.parts().size() < 2
        ? ""
        : row.parts().stream()
            .map(part -> "%s %.1f".formatted(part.step(), part.micros()))
            .collect(Collectors.joining(", "));
  }
}
