package org.espalier.engine.kernel;

/** An activation that is not a clamp; formulas as in ONNX. */
public enum Curve {
  SIGMOID,
  TANH,
  /** {@code x * sigmoid(x)}. */
  SILU,
  /** {@code x * max(0, min(1, x / 6 + 0.5))}. */
  HARD_SWISH,
  /** {@code x * (1 + erf(x / sqrt 2)) / 2}. */
  GELU,
  /** GELU by its approximation with tanh. */
  GELU_TANH,
  EXP,
  ERF,
  SQRT,
  /** {@code 1 / x}. */
  RECIPROCAL,
  NEG,
  ABS,
  LOG,
  SIN,
  COS
}
