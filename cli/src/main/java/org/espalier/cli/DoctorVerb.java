package org.espalier.cli;

import java.io.PrintWriter;
import org.espalier.study.Health;
import picocli.CommandLine.Command;

/** Tries everything that Espalier needs. */
@Command(
    name = "doctor",
    description =
        "Tries what Espalier needs on this machine: Java, kernels, libtorch, ONNX Runtime.",
    footer = {
      "",
      "Example:",
      "  espalier doctor",
      "",
      "Exit code 1 where something does not work."
    })
final class DoctorVerb extends Verb<Health> {
  @Override
  Health call(Console console) {
    return Health.check();
  }

  @Override
  boolean holds(Health health) {
    return health.isWell();
  }

  @Override
  void print(Health health, PrintWriter out) {
    for (Health.Item item : health.items()) {
      out.printf("%-4s  %-16s %s%n", item.works() ? "ok" : "FAIL", item.what(), item.detail());
    }
  }
}
