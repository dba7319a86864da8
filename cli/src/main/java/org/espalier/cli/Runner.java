package org.espalier.cli;

import java.util.Locale;
import org.espalier.engine.Engine;
import org.espalier.engine.Options;
import org.espalier.graph.Executor;
import org.espalier.graph.Model;
import org.espalier.reference.OnnxRuntime;
import org.espalier.study.latency.LayerTimer;
import org.espalier.study.latency.Timers;
import org.espalier.torch.TorchModel;

/** What can run a model, as {@code --executor} names it. */
enum Runner {
  ENGINE,
  TORCH,
  ONNXRUNTIME;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  Executor compile(Model model, int threads) {
    return switch (this) {
      case ENGINE -> Engine.compile(model, new Options(threads));
      case TORCH -> TorchModel.of(model, TorchModel.Options.usual().withThreads(threads));
      case ONNXRUNTIME ->
          OnnxRuntime.of(model, OnnxRuntime.Options.standard().withThreads(threads).withSpinning());
    };
  }

  /** Times single layers on it. */
  LayerTimer timer(int threads) {
    return switch (this) {
      case ENGINE -> Timers.engine(Version.product(), new Options(threads));
      case TORCH -> Timers.whole("torch", threads, layer -> compile(layer, threads));
      case ONNXRUNTIME ->
          Timers.onnxRuntime(OnnxRuntime.Options.standard().withThreads(threads).withSpinning());
    };
  }

  Executor compile(Model model) {
    return switch (this) {
      case ENGINE -> Engine.compile(model);
      case TORCH -> TorchModel.of(model);
      case ONNXRUNTIME -> OnnxRuntime.of(model);
    };
  }
}
