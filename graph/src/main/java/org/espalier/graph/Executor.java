package org.espalier.graph;

import java.util.Map;

/** Something that runs one model: the engine, libtorch, or ONNX Runtime. */
public interface Executor extends AutoCloseable {
  /**
   * Runs the model once.
   *
   * @param inputs a tensor for each required input, by name
   * @return a tensor for each output, by name, in the model's order
   * @throws InvalidInputException where an input is missing, unknown or of the wrong type or shape
   */
  Map<String, Tensor> run(Map<String, Tensor> inputs);

  @Override
  void close();
}
