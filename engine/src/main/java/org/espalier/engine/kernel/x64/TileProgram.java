package org.espalier.engine.kernel.x64;

import static org.espalier.engine.kernel.x64.Mem.mem;
import static org.espalier.engine.kernel.x64.Reg.R10;
import static org.espalier.engine.kernel.x64.Reg.R11;
import static org.espalier.engine.kernel.x64.Reg.R12;
import static org.espalier.engine.kernel.x64.Reg.R13;
import static org.espalier.engine.kernel.x64.Reg.R14;
import static org.espalier.engine.kernel.x64.Reg.R15;
import static org.espalier.engine.kernel.x64.Reg.R8;
import static org.espalier.engine.kernel.x64.Reg.R9;
import static org.espalier.engine.kernel.x64.Reg.RAX;
import static org.espalier.engine.kernel.x64.Reg.RBP;
import static org.espalier.engine.kernel.x64.Reg.RBX;
import static org.espalier.engine.kernel.x64.Reg.RCX;
import static org.espalier.engine.kernel.x64.Reg.RDI;
import static org.espalier.engine.kernel.x64.Reg.RDX;
import static org.espalier.engine.kernel.x64.Reg.RSI;

import java.util.List;

/**
 * A dense product of a few rows and a few vectors, whose left side may lie in any order: the rows
 * of a matrix, or its columns.
 */
final class TileProgram {
  /** Offsets into the arguments, in bytes. */
  static final int A = 0;

  static final int A_ROW = 8;
  static final int A_STEP = 16;
  static final int B = 24;
  static final int B_ROW = 32;
  static final int DEPTH = 40;
  static final int START = 48;
  static final int START_ROW = 56;
  static final int START_STEP = 64;
  static final int C = 72;
  static final int C_ROW = 80;
  static final int LOW = 88;
  static final int HIGH = 92;

  /** How many times as many rows there are, one group below the other. */
  static final int GROUPS = 96;

  /** How many times as many vectors there are, side by side. */
  static final int PASSES = 104;

  /** The most rows: two bases, each with none, one and two strides added. */
  static final int ROWS = 6;

  /**
   * A program.
   *
   * @param start whether something is added to the sums in the end, so that a long sum can be made
   *     of shorter ones, whose rounding is less
   * @param scale whether each column of the result is multiplied by a number of its own, which then
   *     is what {@code START} points to
   * @param clamp whether results are clamped
   */
  record Shape(int rows, int vectors, boolean start, boolean scale, boolean clamp) {
    Shape {
      assert !start || !scale : "both from the same argument";
    }
  }

  private static final List<Reg> SAVED = List.of(RBX, RBP, R12, R13, R14, R15);

  private final Assembler asm;
  private final Shape shape;
  private final int rows;
  private final int width;
  private final int left;

  private TileProgram(int vectorBytes, Shape shape) {
    asm = new Assembler(vectorBytes);
    this.shape = shape;
    rows = shape.rows();
    width = shape.vectors();
    left = (rows + 1) * width;
    assert rows >= 1 && rows <= ROWS && left + 1 <= asm.registers() : shape;
  }

  static byte[] of(int vectorBytes, Shape shape) {
    var program = new TileProgram(vectorBytes, shape);
    program.emit();
    return program.asm.code();
  }

  private void emit() {
    SAVED.forEach(asm::push);
    asm.load(RDX, mem(RDI, A_ROW));
    asm.load(RCX, mem(RDI, A_STEP));
    asm.load(R8, mem(RDI, B));
    asm.load(R12, mem(RDI, B_ROW));
    asm.load(R11, mem(RDI, START));
    asm.load(R13, mem(RDI, C));
    asm.load(RBX, mem(RDI, PASSES));
    Encoder.Label pass = asm.label();
    asm.bind(pass);
    asm.push(R11);
    asm.push(R13);
    asm.load(RBP, mem(RDI, A));
    asm.load(R15, mem(RDI, GROUPS));
    groups();
    asm.pop(R13);
    asm.pop(R11);
    asm.add(R13, width * asm.bytes());
    asm.add(R8, width * asm.bytes());
    for (int v = 0; v < width; v++) {
      asm.add(R11, mem(RDI, START_STEP));
    }
    asm.decrement(RBX);
    asm.jump(Encoder.Condition.NOT_ZERO, pass);
    asm.vzeroupper();
    SAVED.reversed().forEach(asm::pop);
    asm.ret();
  }

  private void groups() {
    Encoder.Label group = asm.label();
    Encoder.Label loop = asm.label();
    Encoder.Label ended = asm.label();
    Encoder.Label apart = asm.label();
    asm.bind(group);
    first();
    for (int sum = 0; sum < rows * width; sum++) {
      asm.vzero(sum);
    }
    asm.test(R10, R10);
    asm.jump(Encoder.Condition.ZERO, ended);
    asm.align(32);
    asm.bind(loop);
    step(false);
    asm.decrement(R10);
    asm.jump(Encoder.Condition.NOT_ZERO, loop);
    asm.bind(ended);
    for (int row = 0; row < rows; row++) {
      asm.add(RBP, RDX);
    }
    asm.decrement(R15);
    asm.jump(Encoder.Condition.ZERO, apart);
    first();
    asm.test(R10, R10);
    asm.jump(Encoder.Condition.ZERO, apart);
    // The units that multiply have something to do while sums are written.
    clamp();
    step(true);
    asm.decrement(R10);
    asm.jump(Encoder.Condition.NOT_ZERO, loop);
    asm.jump(ended);
    asm.bind(apart);
    clamp();
    for (int row = 0; row < rows; row++) {
      store(row);
    }
    asm.test(R15, R15);
    asm.jump(Encoder.Condition.NOT_ZERO, group);
  }

  private int sum(int row, int vector) {
    return row * width + vector;
  }

  /** Where a group begins: its first and fourth row, the right side, and how deep it is. */
  private void first() {
    asm.move(RSI, RBP);
    asm.move(R9, R8);
    asm.load(R10, mem(RDI, DEPTH));
    // From the fourth row, the fifth and sixth are one and two strides away.
    asm.address(R14, new Mem(RSI, RDX, 2, 0));
    asm.add(R14, RDX);
  }

  private void start(int row) {
    asm.move(RAX, R11);
    for (int v = 0; v < width; v++) {
      asm.vadd(sum(row, v), sum(row, v), mem(RAX, 0));
      asm.add(RAX, mem(RDI, START_STEP));
    }
    asm.add(R11, mem(RDI, START_ROW));
  }

  /**
   * Multiplies one column of the left side.
   *
   * @param change whether it is a group's first, and the sums of the group before are to be written
   */
  private void step(boolean change) {
    for (int v = 0; v < width; v++) {
      asm.vload(rows * width + v, mem(R9, v * asm.bytes()));
    }
    for (int row = 0; row < rows; row++) {
      if (change) {
        store(row);
      }
      Reg base = row < 3 ? RSI : R14;
      int strides = row % 3;
      asm.vbroadcast(left, strides == 0 ? mem(base, 0) : new Mem(base, RDX, strides, 0));
      for (int v = 0; v < width; v++) {
        if (change) {
          asm.vmul(sum(row, v), left, rows * width + v);
        } else {
          asm.vfma(sum(row, v), left, rows * width + v);
        }
      }
    }
    asm.add(RSI, RCX);
    asm.add(R14, RCX);
    asm.add(R9, R12);
  }

  /** Clamps all sums, which must be whole for it. */
  private void clamp() {
    if (shape.clamp()) {
      for (int row = 0; row < rows && shape.start(); row++) {
        start(row);
      }
      asm.clamp(rows * width, mem(RDI, LOW), mem(RDI, HIGH));
    }
  }

  private void store(int row) {
    if (shape.start() && !shape.clamp()) {
      start(row);
    }
    for (int v = 0; v < width; v++) {
      if (shape.scale()) {
        asm.vmul(sum(row, v), sum(row, v), mem(R11, v * asm.bytes()));
      }
      asm.vstore(mem(R13, v * asm.bytes()), sum(row, v));
    }
    asm.add(R13, mem(RDI, C_ROW));
  }
}
