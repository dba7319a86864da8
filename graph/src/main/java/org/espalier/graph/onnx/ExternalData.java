package org.espalier.graph.onnx;

import org.espalier.graph.InvalidInputException;

/**
 * Where the weights of a model go when they don't go into its own file.
 *
 * @param file the name of a file in the model's folder
 * @param threshold initializers of this many bytes and more go there; smaller ones, and tensors in
 *     attributes, stay with the model
 */
public record ExternalData(String file, long threshold) {
  /** What is smaller is often read by loaders while they work out shapes. */
  public static final long DEFAULT_THRESHOLD = 1024;

  public ExternalData {
    if (file.isEmpty() || file.contains("/") || file.contains("\\") || file.startsWith("..")) {
      throw new InvalidInputException(
          "external data in '" + file + "', expected the name of a file in the model's folder");
    }
  }

  /** All but the smallest initializers in {@code file}. */
  public static ExternalData in(String file) {
    return new ExternalData(file, DEFAULT_THRESHOLD);
  }
}
