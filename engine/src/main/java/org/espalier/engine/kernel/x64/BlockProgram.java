package org.espalier.engine.kernel.x64;

import static org.espalier.engine.kernel.x64.Mem.mem;
import static org.espalier.engine.kernel.x64.Reg.R10;
import static org.espalier.engine.kernel.x64.Reg.R11;
import static org.espalier.engine.kernel.x64.Reg.R12;
import static org.espalier.engine.kernel.x64.Reg.R14;
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
 * Sparse strips of rows times one tile of pixels.
 *
 * <p>A strip is {@code height} rows that share their columns. For each of its columns the stream
 * holds where the column's pixels lie (an int, bytes from {@code x}) and {@code height} weights.
 * All sums of a strip and tile stay in registers; one load of pixels serves all rows of the strip.
 */
final class BlockProgram {
  /** Offsets into the arguments, in bytes. */
  static final int STREAM = 0;

  static final int COUNTS = 8;
  static final int STRIPS = 16;
  static final int X = 24;
  static final int Y = 32;
  static final int Y_ROW = 40;
  static final int START = 48;
  static final int START_ROW = 56;
  static final int BIAS = 64;
  static final int LOW = 72;
  static final int HIGH = 76;

  /** Bytes in a line of the cache. */
  private static final int LINE = 64;

  /**
   * Strips so high have mostly every column. They are long, so that little is gained by beginning
   * one at the end of another, and BERT's dense layers lost some percent.
   */
  private static final int DENSE = 6;

  private static final List<Reg> SAVED = List.of(RBX, RBP, R12, R14);

  private final Assembler asm;
  private final X64.Shape shape;
  private final int height;
  private final int width;
  private final int weight;

  /** Whether the end of a strip and the beginning of the next are one. */
  private final boolean joined;

  private BlockProgram(int vectorBytes, X64.Shape shape) {
    asm = new Assembler(vectorBytes);
    this.shape = shape;
    height = shape.height();
    width = shape.vectors();
    joined = height > 1 && height < DENSE;
    weight = height * width + (height == 1 ? 0 : width);
    assert weight + 1 < asm.registers() || (height > 1 && weight < asm.registers()) : shape;
  }

  static byte[] of(int vectorBytes, X64.Shape shape) {
    var program = new BlockProgram(vectorBytes, shape);
    program.emit();
    return program.asm.code();
  }

  private void emit() {
    SAVED.forEach(asm::push);
    asm.load(RSI, mem(RDI, STREAM));
    asm.load(RDX, mem(RDI, COUNTS));
    asm.load(RCX, mem(RDI, STRIPS));
    asm.load(R8, mem(RDI, X));
    asm.load(R9, mem(RDI, Y));
    asm.load(R10, mem(RDI, Y_ROW));
    asm.load(R11, mem(RDI, START));
    asm.load(RBX, mem(RDI, START_ROW));
    asm.load(RBP, mem(RDI, BIAS));
    Encoder.Label strip = asm.label();
    Encoder.Label apart = asm.label();
    Encoder.Label loop = asm.label();
    Encoder.Label ended = asm.label();
    asm.bind(strip);
    begin();
    prefetch();
    asm.loadInt(R12, mem(RDX, 0));
    asm.test(R12, R12);
    asm.jump(Encoder.Condition.ZERO, ended);
    asm.align(32);
    asm.bind(loop);
    column();
    asm.decrement(R12);
    asm.jump(Encoder.Condition.NOT_ZERO, loop);
    asm.bind(ended);
    asm.add(RDX, 4);
    asm.decrement(RCX);
    if (joined) {
      asm.jump(Encoder.Condition.ZERO, apart);
      asm.loadInt(R12, mem(RDX, 0));
      asm.test(R12, R12);
      asm.jump(Encoder.Condition.ZERO, apart);
      change();
      asm.decrement(R12);
      asm.jump(Encoder.Condition.NOT_ZERO, loop);
      asm.jump(ended);
      asm.bind(apart);
    }
    end();
    asm.test(RCX, RCX);
    asm.jump(Encoder.Condition.NOT_ZERO, strip);
    asm.vzeroupper();
    SAVED.reversed().forEach(asm::pop);
    asm.ret();
  }

  private int sum(int row, int vector) {
    return row * width + vector;
  }

  private Mem at(Mem place, int vector) {
    return place.plus(vector * asm.bytes());
  }

  /**
   * What sums start from: a bias for each row, or zero. What lies at {@code START} comes last, so
   * that a long sum is one of shorter sums, whose rounding is less.
   */
  private void begin() {
    for (int row = 0; row < height; row++) {
      if (shape.bias()) {
        bias(row);
      }
      for (int v = 0; v < width; v++) {
        if (!shape.bias()) {
          asm.vzero(sum(row, v));
        }
      }
    }
    if (shape.bias()) {
      asm.add(RBP, 4 * height);
    }
  }

  private void bias(int row) {
    asm.vbroadcast(sum(row, 0), mem(RBP, 4 * row));
    for (int v = 1; v < width; v++) {
      asm.vmove(sum(row, v), sum(row, 0));
    }
  }

  private void start(int row) {
    for (int v = 0; v < width; v++) {
      asm.vadd(sum(row, v), sum(row, v), at(mem(R11, 0), v));
    }
    asm.add(R11, RBX);
  }

  /**
   * Asks for what is added to the sums in the end, and for where the next strip ends up: rows lie
   * so far apart that the processor doesn't foresee them.
   */
  private void prefetch() {
    if (shape.start()) {
      asm.move(RAX, R11);
      lines(RBX, false);
    }
    if (shape.bias() && height > 1) {
      asm.move(RAX, R9);
      for (int row = 0; row < height; row++) {
        asm.add(RAX, R10);
      }
      lines(R10, true);
    }
  }

  private void lines(Reg rowBytes, boolean write) {
    for (int row = 0; row < height; row++) {
      for (int at = 0; at < width * asm.bytes(); at += LINE) {
        asm.prefetch(mem(RAX, at), write);
      }
      asm.add(RAX, rowBytes);
    }
  }

  /** Multiplies a column of the strip. */
  private void column() {
    pixels();
    if (height == 1) {
      asm.vbroadcast(weight, mem(RSI, 4));
      for (int v = 0; v < width; v++) {
        asm.vfma(sum(0, v), weight, at(mem(RAX, 0), v));
      }
    } else {
      for (int row = 0; row < height; row++) {
        asm.vbroadcast(weight, mem(RSI, 4 + 4 * row));
        for (int v = 0; v < width; v++) {
          asm.vfma(sum(row, v), weight, height * width + v);
        }
      }
    }
    asm.add(RSI, 4 + 4 * height);
  }

  /** Finds the pixels of a column, and loads them where several rows need them. */
  private void pixels() {
    asm.loadInt(RAX, mem(RSI, 0));
    // One register: with two, Intel's processors split a multiply-add from its load.
    asm.add(RAX, R8);
    for (int v = 0; v < width && height > 1; v++) {
      asm.vload(height * width + v, at(mem(RAX, 0), v));
    }
  }

  /**
   * The end of a strip and the first column of the next, row by row: while sums are written, which
   * takes as many cycles as there are, the units that multiply have something to do.
   */
  private void change() {
    clamp();
    pixels();
    for (int row = 0; row < height; row++) {
      finish(row);
      if (shape.bias()) {
        bias(row);
      }
      asm.vbroadcast(weight, mem(RSI, 4 + 4 * row));
      for (int v = 0; v < width; v++) {
        int pixel = height * width + v;
        if (shape.bias()) {
          asm.vfma(sum(row, v), weight, pixel);
        } else {
          asm.vmul(sum(row, v), weight, pixel);
        }
      }
    }
    if (shape.bias()) {
      asm.add(RBP, 4 * height);
    }
    asm.add(RSI, 4 + 4 * height);
    prefetch();
  }

  private void end() {
    clamp();
    for (int row = 0; row < height; row++) {
      finish(row);
    }
  }

  /** Clamps all sums, which must be whole for it. */
  private void clamp() {
    if (shape.start() && !startsByRow()) {
      for (int row = 0; row < height; row++) {
        start(row);
      }
    }
    if (shape.clamp()) {
      asm.clamp(height * width, mem(RDI, LOW), mem(RDI, HIGH));
    }
  }

  /** Whether what rows start from is added when they are written. */
  private boolean startsByRow() {
    return joined && shape.start() && !shape.clamp();
  }

  /** Writes a row of sums. */
  private void finish(int row) {
    if (startsByRow()) {
      start(row);
    }
    for (int v = 0; v < width; v++) {
      asm.vstore(at(mem(R9, 0), v), sum(row, v));
    }
    asm.add(R9, R10);
  }
}
