package org.espalier.cli;

import org.espalier.engine.Engine;
import org.espalier.graph.Executor;
import org.espalier.graph.Model;
import org.espalier.reference.OnnxRuntime;
import org.espalier.torch.TorchModel;

/** What can run a model, as {@code --executor} names it. */
enum Runner {
  ENGINE,
  TORCH,
  ONNXRUNTIME;

  Executor compile(Model model) {
    return switch (this) {
      case ENGINE -> Engine.compile(model);
      case TORCH -> TorchModel.of(model);
      case ONNXRUNTIME -> OnnxRuntime.of(model);
    };
  }
}
