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
  static final int OFFSETS = 32;
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

  /** The most rows: two bases, each with none, one and two strides added. */
  static final int ROWS = 6;

  private static final List<Reg> SAVED = List.of(RBX, RBP, R12, R13, R14, R15);

  private final Assembler asm;
  private final int rows;
  private final int width;

  private TileProgram(int vectorBytes, int rows, int width) {
    asm = new Assembler(vectorBytes);
    this.rows = rows;
    this.width = width;
    assert rows >= 1 && rows <= ROWS && (rows + 1) * width + 1 <= asm.registers() : rows;
  }

  static byte[] of(int vectorBytes, int rows, int width) {
    var program = new TileProgram(vectorBytes, rows, width);
    program.emit();
    return program.asm.code();
  }

  private void emit() {
    SAVED.forEach(asm::push);
    asm.load(RDX, mem(RDI, A_ROW));
    asm.load(RCX, mem(RDI, A_STEP));
    asm.load(R8, mem(RDI, B));
    asm.load(RBP, mem(RDI, A));
    asm.load(R15, mem(RDI, GROUPS));
    asm.load(R11, mem(RDI, START));
    asm.load(RBX, mem(RDI, START_ROW));
    asm.load(R12, mem(RDI, START_STEP));
    asm.load(R13, mem(RDI, C));
    Encoder.Label group = asm.label();
    asm.bind(group);
    asm.move(RSI, RBP);
    asm.load(R9, mem(RDI, OFFSETS));
    asm.load(R10, mem(RDI, DEPTH));
    // The fourth row, from which the fifth and sixth are one and two strides away.
    asm.address(R14, new Mem(RSI, RDX, 2, 0));
    asm.add(R14, RDX);
    begin();
    steps();
    end();
    for (int row = 0; row < rows; row++) {
      asm.add(RBP, RDX);
    }
    asm.decrement(R15);
    asm.jump(Encoder.Condition.NOT_ZERO, group);
    asm.vzeroupper();
    SAVED.reversed().forEach(asm::pop);
    asm.ret();
  }

  private int sum(int row, int vector) {
    return row * width + vector;
  }

  private void begin() {
    for (int row = 0; row < rows; row++) {
      asm.move(RAX, R11);
      for (int v = 0; v < width; v++) {
        asm.vload(sum(row, v), mem(RAX, 0));
        asm.add(RAX, R12);
      }
      asm.add(R11, RBX);
    }
  }

  private void steps() {
    Encoder.Label loop = asm.label();
    Encoder.Label done = asm.label();
    asm.test(R10, R10);
    asm.jump(Encoder.Condition.ZERO, done);
    asm.align(32);
    asm.bind(loop);
    asm.loadInt(RAX, mem(R9, 0));
    for (int v = 0; v < width; v++) {
      asm.vload(rows * width + v, mem(R8, RAX, v * asm.bytes()));
    }
    int left = (rows + 1) * width;
    for (int row = 0; row < rows; row++) {
      Reg base = row < 3 ? RSI : R14;
      int strides = row % 3;
      asm.vbroadcast(left, strides == 0 ? mem(base, 0) : new Mem(base, RDX, strides, 0));
      for (int v = 0; v < width; v++) {
        asm.vfma(sum(row, v), left, rows * width + v);
      }
    }
    asm.add(RSI, RCX);
    asm.add(R14, RCX);
    asm.add(R9, 4);
    asm.decrement(R10);
    asm.jump(Encoder.Condition.NOT_ZERO, loop);
    asm.bind(done);
  }

  private void end() {
    int low = rows * width;
    int high = low + 1;
    asm.vbroadcast(low, mem(RDI, LOW));
    asm.vbroadcast(high, mem(RDI, HIGH));
    asm.load(RAX, mem(RDI, C_ROW));
    for (int row = 0; row < rows; row++) {
      for (int v = 0; v < width; v++) {
        asm.vmax(sum(row, v), low, sum(row, v));
        asm.vmin(sum(row, v), high, sum(row, v));
        asm.vstore(mem(R13, v * asm.bytes()), sum(row, v));
      }
      asm.add(R13, RAX);
    }
  }
}
