package org.espalier.cli;

import org.espalier.graph.InvalidInputException;
import org.espalier.graph.pass.Storage;
import picocli.CommandLine.Option;

/** How a command that writes a pruned network stores its weights. */
final class StorageArguments {
  @Option(
      names = "--storage",
      paramLabel = "FORM",
      description =
          "How to store weights: dense; sparse, as ONNX sparse initializers where that is smaller;"
              + " compressed, under half of that ('espalier pack --help'). By default"
              + " those that change are dense and the rest stay in the form they have.")
  Storage storage;

  @Option(names = "--sparse-storage", hidden = true, description = "The same as --storage sparse.")
  boolean sparse;

  /** The form, or null where none was asked for. */
  Storage chosen() {
    if (sparse && storage != null && storage != Storage.SPARSE) {
      throw new InvalidInputException("--sparse-storage is the same as --storage sparse: give one");
    }
    return sparse ? Storage.SPARSE : storage;
  }
}
