package org.espalier.engine.kernel.x64;

import static org.espalier.engine.kernel.x64.Mem.mem;
import static org.espalier.engine.kernel.x64.Reg.R10;
import static org.espalier.engine.kernel.x64.Reg.R11;
import static org.espalier.engine.kernel.x64.Reg.R8;
import static org.espalier.engine.kernel.x64.Reg.R9;
import static org.espalier.engine.kernel.x64.Reg.RAX;
import static org.espalier.engine.kernel.x64.Reg.RCX;
import static org.espalier.engine.kernel.x64.Reg.RDI;
import static org.espalier.engine.kernel.x64.Reg.RDX;
import static org.espalier.engine.kernel.x64.Reg.RSI;

import org.espalier.engine.kernel.x64.Encoder.Condition;
import org.espalier.engine.kernel.x64.Encoder.Label;

/**
 * GELU of some rows, {@code x / 2 + |x| erf(|x| / sqrt 2) / 2}, as {@code kernel.Exponential} has
 * it, operation by operation: results are the same to the last bit.
 */
final class GeluProgram {
  /** Offsets into the arguments, in bytes. */
  static final int X = 0;

  static final int X_ROW = 8;
  static final int Y = 16;
  static final int Y_ROW = 24;
  static final int ROWS = 32;

  /** Bytes of a row, in whole vectors. */
  static final int WIDTH = 40;

  static final int CONSTANTS = 48;

  /** Those of the first registers, the sign's complement, then numerator and denominator. */
  private static final float[] NUMBERS = {
    5.6568546f,
    0.5f,
    Float.intBitsToFloat(Integer.MAX_VALUE),
    2.1819588e-08f,
    6.3646526e-06f,
    1.7692015e-04f,
    4.725793e-03f,
    3.469062e-02f,
    3.989422e-01f,
    1.1712779e-06f,
    7.601631e-05f,
    1.9304528e-03f,
    2.911815e-02f,
    2.5362206e-01f,
    1
  };

  private static final int TERMS = 6;

  /** Constants kept in registers, from this one on. */
  private static final int KEPT = 8;

  private static final int HIGHEST = KEPT;
  private static final int HALF = KEPT + 1;
  private static final int MAGNITUDE = 2;
  private static final int POLYNOMIALS = 3;

  private static final int SUM = 0;
  private static final int SIZE = 1;
  private static final int V = 2;
  private static final int SQUARE = 3;
  private static final int P = 4;
  private static final int Q = 5;

  private GeluProgram() {}

  /** The constants, in the order in which the program expects a vector full of each. */
  static float[] constants() {
    return NUMBERS.clone();
  }

  static byte[] of(int vectorBytes) {
    var asm = new Assembler(vectorBytes);
    asm.load(RSI, mem(RDI, X));
    asm.load(RDX, mem(RDI, X_ROW));
    asm.load(R8, mem(RDI, Y));
    asm.load(R9, mem(RDI, Y_ROW));
    asm.load(RCX, mem(RDI, ROWS));
    asm.load(R10, mem(RDI, WIDTH));
    asm.load(R11, mem(RDI, CONSTANTS));
    for (int k = 0; k < MAGNITUDE; k++) {
      asm.vload(KEPT + k, mem(R11, k * vectorBytes));
    }
    Label row = asm.label();
    asm.bind(row);
    asm.move(RAX, 0);
    Label vector = asm.label();
    asm.align(32);
    asm.bind(vector);
    vector(asm);
    asm.add(RAX, vectorBytes);
    asm.compare(RAX, R10);
    asm.jump(Condition.LESS, vector);
    asm.add(RSI, RDX);
    asm.add(R8, R9);
    asm.decrement(RCX);
    asm.jump(Condition.NOT_ZERO, row);
    asm.vzeroupper();
    asm.ret();
    return asm.code();
  }

  private static void vector(Assembler asm) {
    asm.vload(SUM, mem(RSI, RAX, 0));
    asm.vand(SIZE, SUM, mem(R11, MAGNITUDE * asm.bytes()));
    // Floats that aren't negative are in the order of their bits; ints leave the multipliers free.
    asm.vminInts(V, SIZE, HIGHEST);
    asm.vmul(SQUARE, V, V);
    polynomial(asm, P, POLYNOMIALS);
    polynomial(asm, Q, POLYNOMIALS + TERMS);
    asm.vmul(P, V, P);
    asm.vdiv(P, P, Q);
    asm.vmul(SUM, SUM, HALF);
    asm.vfma(SUM, SIZE, P);
    asm.vstore(mem(R8, RAX, 0), SUM);
  }

  private static void polynomial(Assembler asm, int result, int first) {
    asm.vload(result, mem(R11, first * asm.bytes()));
    for (int k = first + 1; k < first + TERMS; k++) {
      asm.vhorner(result, SQUARE, mem(R11, k * asm.bytes()));
    }
  }
}
