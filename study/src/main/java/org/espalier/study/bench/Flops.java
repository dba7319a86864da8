package org.espalier.study.bench;

/**
 * Billions of floating-point operations a second, two for each multiply-accumulate.
 *
 * @param useful only those with a weight that is not zero
 * @param effective as if no weight were zero
 */
public record Flops(double useful, double effective) {
  static Flops of(long nonzeroMacs, long macs, double millis) {
    return new Flops(2e-6 * nonzeroMacs / millis, 2e-6 * macs / millis);
  }
}
