package org.espalier.engine.kernel;

/**
 * The range that results are held in: Relu is from 0 up, Relu6 from 0 to 6. A NaN passes through,
 * as in ONNX Runtime.
 */
public record Bounds(float low, float high) {
  public static final Bounds NONE = new Bounds(Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY);
  public static final Bounds RELU = new Bounds(0, Float.POSITIVE_INFINITY);

  public boolean isNone() {
    return low == Float.NEGATIVE_INFINITY && high == Float.POSITIVE_INFINITY;
  }

  public float clamp(float value) {
    float raised = value < low ? low : value;
    return raised > high ? high : raised;
  }
}
