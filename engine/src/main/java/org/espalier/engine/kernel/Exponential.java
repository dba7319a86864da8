package org.espalier.engine.kernel;

import static org.espalier.engine.kernel.Simd.all;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * The exponential and the error function of a vector, in few operations and without a call: the
 * JDK's own save and restore all registers around one.
 *
 * <p>exp: Cody and Waite's reduction to {@code |r| <= ln 2 / 2}, then a Taylor polynomial of degree
 * 6; within 2 units in the last place where the result is a normal number, zero below. erf: a
 * rational function of degrees 11 and 10, fitted to an absolute error of 2e-7 on [-4, 4].
 */
final class Exponential {
  private static final float LOG2E = 1.442695f;
  private static final float LN2_HIGH = 0x1.63p-1f;
  private static final float LN2_LOW = -2.12194440e-4f;

  /** Adding it rounds a float to an integer, found in the low bits of the sum. */
  private static final float ROUND = 12582912f;

  private Exponential() {}

  static FloatVector exp(FloatVector v) {
    FloatVector x = v.blend(all(-87.4f), v.lt(-87.4f)); // comparisons let a NaN pass
    x = x.blend(all(89.5f), x.compare(VectorOperators.GT, 89.5f));
    FloatVector rounded = x.fma(all(LOG2E), all(ROUND));
    FloatVector p = polynomial(x, rounded.sub(ROUND));
    // Half of the power, as the largest itself is no float; nothing remains of the least.
    return p.add(p).mul(power(rounded, 126));
  }

  /** For {@code v <= 0} or NaN; 0 where the result would be below the normal numbers. */
  static FloatVector expOfNegative(FloatVector v) {
    FloatVector x = v.blend(all(-88), v.lt(-88));
    FloatVector rounded = x.fma(all(LOG2E), all(ROUND));
    return polynomial(x, rounded.sub(ROUND)).mul(power(rounded, 127));
  }

  private static FloatVector polynomial(FloatVector x, FloatVector n) {
    FloatVector r = n.fma(all(-LN2_LOW), n.fma(all(-LN2_HIGH), x));
    FloatVector p = all(1.3888889e-3f).fma(r, all(8.333333e-3f));
    p = p.fma(r, all(4.1666668e-2f));
    p = p.fma(r, all(1.6666667e-1f));
    p = p.fma(r, all(0.5f));
    p = p.fma(r, all(1));
    return p.fma(r, all(1));
  }

  private static FloatVector power(FloatVector rounded, int bias) {
    return rounded
        .reinterpretAsInts()
        .sub(Float.floatToRawIntBits(ROUND) - bias)
        .lanewise(VectorOperators.LSHL, 23)
        .reinterpretAsFloats();
  }

  static FloatVector erf(FloatVector v) {
    FloatVector x = v.blend(all(-4), v.lt(-4));
    x = x.blend(all(4), x.compare(VectorOperators.GT, 4));
    FloatVector z = x.mul(x);
    FloatVector p = all(1.9748836e-06f).fma(z, all(2.880313e-04f));
    p = p.fma(z, all(4.003246e-03f));
    p = p.fma(z, all(5.346624e-02f));
    p = p.fma(z, all(1.9623977e-01f));
    p = p.fma(z, all(1.1283790f));
    FloatVector q = all(3.748089e-05f).fma(z, all(1.2162610e-03f));
    q = q.fma(z, all(1.5443622e-02f));
    q = q.fma(z, all(1.1647260e-01f));
    q = q.fma(z, all(5.072441e-01f));
    q = q.fma(z, all(1));
    return x.mul(p).div(q);
  }

  /**
   * The chance that a normal variable lies between 0 and {@code size}, which isn't negative: half
   * the error function of {@code size / sqrt 2}, with the scale in the coefficients. A NaN is taken
   * for a large number.
   */
  static FloatVector normal(FloatVector size) {
    FloatVector x = all(5.6568546f); // from here on it is a half, to the last bit
    x = x.blend(size, size.lt(x));
    FloatVector z = x.mul(x);
    FloatVector p = all(2.1819588e-08f).fma(z, all(6.3646526e-06f));
    p = p.fma(z, all(1.7692015e-04f));
    p = p.fma(z, all(4.725793e-03f));
    p = p.fma(z, all(3.469062e-02f));
    p = p.fma(z, all(3.989422e-01f));
    FloatVector q = all(1.1712779e-06f).fma(z, all(7.601631e-05f));
    q = q.fma(z, all(1.9304528e-03f));
    q = q.fma(z, all(2.911815e-02f));
    q = q.fma(z, all(2.5362206e-01f));
    q = q.fma(z, all(1));
    return x.mul(p).div(q);
  }
}
