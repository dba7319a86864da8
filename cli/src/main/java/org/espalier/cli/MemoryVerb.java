package org.espalier.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import org.espalier.engine.Engine;
import org.espalier.engine.Options;
import org.espalier.graph.Executor;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Malformed;
import org.espalier.graph.Model;
import org.espalier.graph.onnx.Onnx;
import org.espalier.reference.OnnxRuntime;
import org.espalier.study.bench.Memory;
import org.espalier.torch.TorchModel;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs a model and says how much memory the process took. */
@Command(
    name = "memory",
    description =
        "Measures how much memory a process takes that loads a model and runs it (Linux).",
    footer = {
      "",
      "Examples:",
      "  espalier memory model.onnx",
      "  espalier memory model.onnx --executor onnxruntime"
    })
final class MemoryVerb extends Verb<Memory> {
  @Parameters(paramLabel = "MODEL", description = "An ONNX file.")
  Path model;

  @Option(
      names = "--executor",
      paramLabel = "NAME",
      description = "What runs the model: ${COMPLETION-CANDIDATES}; ${DEFAULT-VALUE} by default.")
  Runner executor = Runner.ENGINE;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads that the model runs on; ${DEFAULT-VALUE} by default.")
  @Range(from = 1, to = Range.THREADS)
  int threads = 1;

  @Override
  Memory call(Console console) {
    Model read = Onnx.read(model);
    return Malformed.at(model, () -> Memory.of(() -> load(read), read))
        .orElseThrow(
            () -> new InvalidInputException("this system doesn't say how much memory is in use"));
  }

  private Executor load(Model read) {
    return switch (executor) {
      case ENGINE -> Engine.compile(read, new Options(threads));
      case TORCH -> TorchModel.of(read);
      case ONNXRUNTIME ->
          OnnxRuntime.open(model, OnnxRuntime.Options.standard().withThreads(threads));
    };
  }

  @Override
  void print(Memory memory, PrintWriter out) {
    out.printf(
        "%s at most, %s before the model was loaded%n",
        Units.bytes(memory.peakBytes()), Units.bytes(memory.beforeBytes()));
  }
}
