package org.espalier.study.bench;

/** What the engine is measured against. */
public enum Against {
  /** ONNX Runtime on the dense original, where there is one, and on the model itself. */
  ONNXRUNTIME,
  /** ONNX Runtime on the dense original only. */
  DENSE,
  /** Nothing: only the engine. */
  NONE
}
