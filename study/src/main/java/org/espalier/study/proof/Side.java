package org.espalier.study.proof;

import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.espalier.graph.Executor;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.UnsupportedModelException;
import org.espalier.prune.proof.DoublePrecision;
import org.espalier.reference.OnnxRuntime;
import org.espalier.torch.TorchModel;

/**
 * A model on one side of a comparison, as ONNX Runtime runs it, and in double precision on libtorch
 * where that is asked for. Opened when first run.
 */
final class Side implements AutoCloseable {
  private static final Set<String> STEPPED =
      Set.of("QuantizeLinear", "DynamicQuantizeLinear", "Round", "Floor", "Ceil");

  private static final Set<String> OF_BYTES =
      Set.of(
          "ConvInteger",
          "MatMulInteger",
          "QLinearConv",
          "QLinearMatMul",
          "DynamicQuantizeMatMul",
          "MatMulIntegerToFloat");

  private final String name;
  private final Supplier<Model> model;
  private final Supplier<Executor> opening;
  private Executor executor;
  private Executor doubled;

  private Side(String name, Supplier<Model> model, Supplier<Executor> opening) {
    this.name = name;
    this.model = model;
    this.opening = opening;
  }

  static Side of(String name, Model model) {
    return new Side(name, () -> model, () -> executor(model));
  }

  /** A model in a file, which is opened where it lies. */
  static Side of(String name, Path file, Model model) {
    return new Side(
        name,
        () -> model,
        () -> {
          try {
            return OnnxRuntime.exact(file, model);
          } catch (UnsupportedModelException beyondIt) {
            return TorchModel.of(model);
          }
        });
  }

  private static Executor executor(Model model) {
    try {
      return OnnxRuntime.exact(model);
    } catch (UnsupportedModelException beyondIt) {
      return TorchModel.of(model);
    }
  }

  String name() {
    return name;
  }

  Executor executor() {
    if (executor == null) {
      executor = opening.get();
    }
    return executor;
  }

  /** Whether numbers are rounded to steps on the way, so that a small difference can grow. */
  boolean quantises() {
    return model.get().graph().nodes().stream().anyMatch(node -> STEPPED.contains(node.op()));
  }

  /**
   * Whether ONNX Runtime may give something else: with AVX2 its products of bytes with signed bytes
   * cut off sums of two at 16 bits, and which two depends on the order of the channels.
   */
  boolean saturates() {
    return model.get().graph().nodes().stream().anyMatch(node -> OF_BYTES.contains(node.op()));
  }

  Map<String, Tensor> run(Map<String, Tensor> inputs) {
    return executor().run(inputs);
  }

  /**
   * The outputs in double precision.
   *
   * @throws UnsupportedModelException where libtorch can't run the model
   */
  Map<String, Tensor> runDoubled(Map<String, Tensor> inputs) {
    if (doubled == null) {
      doubled = TorchModel.of(DoublePrecision.of(model.get()));
    }
    return doubled.run(DoublePrecision.of(inputs));
  }

  @Override
  public void close() {
    if (executor != null) {
      executor.close();
    }
    if (doubled != null) {
      doubled.close();
    }
  }
}
