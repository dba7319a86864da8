package org.espalier.study.bench;

import java.util.Locale;

/** What the engine is measured against. */
public enum Against {
  /** ONNX Runtime on the dense original, where there is one, and on the model itself. */
  ONNXRUNTIME,
  /** ONNX Runtime on the dense original only. */
  DENSE,
  /** Nothing: only the engine. */
  NONE;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
