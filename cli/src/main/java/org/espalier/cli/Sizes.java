package org.espalier.cli;

import java.io.PrintWriter;
import org.espalier.study.ModelSize;
import org.espalier.study.bench.Benchmark;
import org.espalier.study.bench.Timing;

/** The table of before and after that every command which writes a model prints. */
final class Sizes {
  private Sizes() {}

  /** Prints it; {@code latency} may be null where none was measured. */
  static void print(ModelSize before, ModelSize after, Benchmark latency, PrintWriter out) {
    Table table = new Table("", "before", "after");
    table.row("parameters", Units.count(before.parameters()), Units.count(after.parameters()));
    table.row("non-zero", Units.count(before.nonzeros()), Units.count(after.nonzeros()));
    table.row("MACs", Units.count(before.macs()), Units.count(after.macs()));
    table.row("file", Units.bytes(before.bytes()), Units.bytes(after.bytes()));
    if (latency != null) {
      table.row(
          "median ms, " + Units.threads(latency.conditions().threads()),
          Units.millis(latency.onnxruntime().map(Timing::medianMs).orElse(Double.NaN))
              + " ONNX Runtime",
          Units.millis(latency.engine().medianMs()) + " engine");
    }
    table.print(out);
  }
}
