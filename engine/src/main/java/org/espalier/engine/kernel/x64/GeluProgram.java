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
 * GELU of some rows, {@code x * (1 + erf(x / sqrt 2)) / 2}, with the error function of {@code
 * kernel.Exponential}, operation by operation: results are the same to the last bit.
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

  /** Those of the first registers, then numerator and denominator. */
  private static final float[] NUMBERS = {
    (float) Math.sqrt(0.5),
    -4,
    4,
    0.5f,
    1.9748836e-06f,
    2.880313e-04f,
    4.003246e-03f,
    5.346624e-02f,
    1.9623977e-01f,
    1.1283790f,
    3.748089e-05f,
    1.2162610e-03f,
    1.5443622e-02f,
    1.1647260e-01f,
    5.072441e-01f,
    1
  };

  private static final int TERMS = 6;

  /** Constants kept in registers, from this one on. */
  private static final int KEPT = 8;

  private static final int SCALE = KEPT;
  private static final int LOWEST = KEPT + 1;
  private static final int HIGHEST = KEPT + 2;
  private static final int HALF = KEPT + 3;
  private static final int POLYNOMIALS = 4;

  private static final int HALVED = 0;
  private static final int V = 1;
  private static final int SQUARE = 2;
  private static final int P = 3;
  private static final int Q = 4;

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
    for (int k = 0; k < POLYNOMIALS; k++) {
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
    asm.vload(HALVED, mem(RSI, RAX, 0));
    asm.vmul(V, HALVED, SCALE);
    asm.vmul(HALVED, HALVED, HALF);
    // What is not a number stays, as the second operand of both.
    asm.vmax(V, LOWEST, V);
    asm.vmin(V, HIGHEST, V);
    asm.vmul(SQUARE, V, V);
    polynomial(asm, P, POLYNOMIALS);
    polynomial(asm, Q, POLYNOMIALS + TERMS);
    asm.vmul(P, V, P);
    asm.vdiv(P, P, Q);
    asm.vmove(V, HALVED);
    asm.vfma(V, HALVED, P);
    asm.vstore(mem(R8, RAX, 0), V);
  }

  private static void polynomial(Assembler asm, int result, int first) {
    asm.vload(result, mem(R11, first * asm.bytes()));
    for (int k = first + 1; k < first + TERMS; k++) {
      asm.vhorner(result, SQUARE, mem(R11, k * asm.bytes()));
    }
  }
}
