package org.espalier.engine.kernel.x64;

import static org.espalier.engine.kernel.x64.Mem.mem;
import static org.espalier.engine.kernel.x64.Reg.R10;
import static org.espalier.engine.kernel.x64.Reg.R11;
import static org.espalier.engine.kernel.x64.Reg.R12;
import static org.espalier.engine.kernel.x64.Reg.R8;
import static org.espalier.engine.kernel.x64.Reg.R9;
import static org.espalier.engine.kernel.x64.Reg.RAX;
import static org.espalier.engine.kernel.x64.Reg.RBX;
import static org.espalier.engine.kernel.x64.Reg.RCX;
import static org.espalier.engine.kernel.x64.Reg.RDI;
import static org.espalier.engine.kernel.x64.Reg.RDX;
import static org.espalier.engine.kernel.x64.Reg.RSI;

import java.util.List;

/**
 * Exponentials down the columns of a tile, less the largest of each, and the reciprocals of their
 * sums. The exponential is that of {@code kernel.Exponential}: Cody and Waite's reduction and a
 * polynomial of degree 6.
 */
final class SoftmaxProgram {
  /** What is added to the scaled scores. */
  enum Masked {
    NO,
    ONE_FOR_A_ROW,
    EACH
  }

  /** Offsets into the arguments, in bytes. */
  static final int X = 0;

  static final int PITCH = 8;
  static final int ROWS = 16;
  static final int VECTORS = 24;
  static final int MASK = 32;
  static final int MASK_PITCH = 40;
  static final int INVERSE = 48;
  static final int CONSTANTS = 56;
  static final int SCALE = 64;

  /** Adding it rounds a float to an integer, found in the low bits of the sum. */
  private static final float ROUND = 12582912f;

  /** The constants, in the order of what comes from them: registers first, then the polynomial. */
  private static final float[] NUMBERS = {
    Float.NEGATIVE_INFINITY,
    -88,
    1.442695f,
    ROUND,
    -0x1.63p-1f,
    2.12194440e-4f,
    1,
    Float.intBitsToFloat(Float.floatToRawIntBits(ROUND) - 127),
    1.3888889e-3f,
    8.333333e-3f,
    4.1666668e-2f,
    1.6666667e-1f,
    0.5f,
    1,
    1
  };

  /** Where the constants are kept: from this register on, the first of them the least. */
  private static final int KEPT = 7;

  private static final int LEAST = KEPT;
  private static final int LOWEST = KEPT + 1;
  private static final int LOG2E = KEPT + 2;
  private static final int ROUNDING = KEPT + 3;
  private static final int LN2_HIGH = KEPT + 4;
  private static final int LN2_LOW = KEPT + 5;
  private static final int ONE = KEPT + 6;
  private static final int BIAS = KEPT + 7;
  private static final int POLYNOMIAL = 8;

  private static final int MAX = 0;
  private static final int FACTOR = 1;
  private static final int V = 2;
  private static final int ROUNDED = 3;
  private static final int N = 4;
  private static final int P = 5;
  private static final int SUM = 6;

  private static final List<Reg> SAVED = List.of(RBX, R12);

  private final Assembler asm;
  private final Masked masked;

  private SoftmaxProgram(int vectorBytes, Masked masked) {
    asm = new Assembler(vectorBytes);
    this.masked = masked;
  }

  static byte[] of(int vectorBytes, Masked masked) {
    var program = new SoftmaxProgram(vectorBytes, masked);
    program.emit();
    return program.asm.code();
  }

  /** The constants, in the order in which the program expects a vector full of each. */
  static float[] constants() {
    return NUMBERS.clone();
  }

  private void emit() {
    SAVED.forEach(asm::push);
    asm.load(RSI, mem(RDI, X));
    asm.load(RDX, mem(RDI, PITCH));
    asm.load(RCX, mem(RDI, VECTORS));
    asm.load(R8, mem(RDI, MASK));
    asm.load(R9, mem(RDI, MASK_PITCH));
    asm.load(R10, mem(RDI, INVERSE));
    asm.load(R11, mem(RDI, CONSTANTS));
    asm.vbroadcast(FACTOR, mem(RDI, SCALE));
    for (int k = 0; k < POLYNOMIAL; k++) {
      asm.vload(KEPT + k, mem(R11, k * asm.bytes()));
    }
    Encoder.Label vector = asm.label();
    asm.bind(vector);
    largest();
    exponentials();
    asm.vdiv(V, ONE, SUM);
    asm.vstore(mem(R10, 0), V);
    asm.add(R10, asm.bytes());
    asm.add(RSI, asm.bytes());
    if (masked == Masked.EACH) {
      asm.add(R8, asm.bytes());
    }
    asm.decrement(RCX);
    asm.jump(Encoder.Condition.NOT_ZERO, vector);
    asm.vzeroupper();
    SAVED.reversed().forEach(asm::pop);
    asm.ret();
  }

  /** Scales and masks in place. A NaN is passed over here, and shows in the sum. */
  private void largest() {
    asm.move(RAX, RSI);
    asm.move(RBX, R8);
    asm.load(R12, mem(RDI, ROWS));
    asm.vmove(MAX, LEAST);
    Encoder.Label row = asm.label();
    asm.align(32);
    asm.bind(row);
    switch (masked) {
      case NO -> {
        asm.vload(V, mem(RAX, 0));
        asm.vmul(V, V, FACTOR);
      }
      case ONE_FOR_A_ROW -> {
        asm.vbroadcast(V, mem(RBX, 0));
        asm.vfma(V, FACTOR, mem(RAX, 0));
      }
      case EACH -> {
        asm.vload(V, mem(RBX, 0));
        asm.vfma(V, FACTOR, mem(RAX, 0));
      }
    }
    asm.vstore(mem(RAX, 0), V);
    asm.vmax(MAX, V, MAX);
    asm.add(RAX, RDX);
    asm.add(RBX, R9);
    asm.decrement(R12);
    asm.jump(Encoder.Condition.NOT_ZERO, row);
  }

  private void exponentials() {
    asm.move(RAX, RSI);
    asm.load(R12, mem(RDI, ROWS));
    asm.vzero(SUM);
    Encoder.Label row = asm.label();
    asm.align(32);
    asm.bind(row);
    asm.vload(V, mem(RAX, 0));
    asm.vsub(V, V, MAX);
    asm.vmax(V, LOWEST, V);
    asm.vmove(ROUNDED, ROUNDING);
    asm.vfma(ROUNDED, V, LOG2E);
    asm.vsub(N, ROUNDED, ROUNDING);
    asm.vfma(V, N, LN2_HIGH);
    asm.vfma(V, N, LN2_LOW);
    asm.vload(P, mem(R11, POLYNOMIAL * asm.bytes()));
    for (int k = POLYNOMIAL + 1; k < NUMBERS.length; k++) {
      asm.vhorner(P, V, mem(R11, k * asm.bytes()));
    }
    asm.vsubInts(ROUNDED, ROUNDED, BIAS);
    asm.vshiftInts(ROUNDED, ROUNDED, 23);
    asm.vmul(P, P, ROUNDED);
    asm.vstore(mem(RAX, 0), P);
    asm.vadd(SUM, SUM, P);
    asm.add(RAX, RDX);
    asm.decrement(R12);
    asm.jump(Encoder.Condition.NOT_ZERO, row);
  }
}
