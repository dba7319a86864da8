package org.espalier.bench;

import java.util.Map;
import org.espalier.engine.Engine;
import org.espalier.engine.Options;
import org.espalier.graph.Executor;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.reference.Agreement;
import org.espalier.reference.OnnxRuntime;

/** Who runs the model. */
public enum Contender {
  ENGINE {
    @Override
    Executor start(Model model, int threads) {
      return Engine.compile(model, new Options(threads));
    }
  },
  ONNXRUNTIME {
    @Override
    Executor start(Model model, int threads) {
      return OnnxRuntime.of(model, OnnxRuntime.Options.standard().withThreads(threads));
    }
  };

  abstract Executor start(Model model, int threads);

  /** Runs {@code model}, once its results have been found equal to those of ONNX Runtime. */
  Executor checked(Model model, int threads, Map<String, Tensor> inputs) {
    Executor executor = start(model, threads);
    try (Executor reference = ONNXRUNTIME.start(model, 1)) {
      Map<String, Tensor> actual = executor.run(inputs);
      reference
          .run(inputs)
          .forEach(
              (name, expected) -> {
                Agreement agreement = Agreement.of(expected, actual.get(name), 1e-4);
                if (!agreement.holds()) {
                  throw new IllegalStateException(this + ", " + name + ": " + agreement);
                }
              });
    }
    return executor;
  }
}
