package org.espalier.engine.kernel.x64;

import static org.espalier.engine.kernel.x64.Mem.mem;
import static org.espalier.engine.kernel.x64.Reg.R10;
import static org.espalier.engine.kernel.x64.Reg.R11;
import static org.espalier.engine.kernel.x64.Reg.R12;
import static org.espalier.engine.kernel.x64.Reg.R13;
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
import org.espalier.engine.kernel.window.Flat;
import org.espalier.engine.kernel.x64.Encoder.Condition;
import org.espalier.engine.kernel.x64.Encoder.Label;

/**
 * Depthwise convolution and largest numbers of windows. Channels one after the other: copies the
 * input to where no tap needs to know of the plane's upper and lower border, split into phases for
 * a stride of 2, then goes over the output as one long row. The taps of a window's column are
 * summed apart where the column is outside for some outputs, so that a single mask does for all of
 * them.
 */
final class DepthwiseProgram {
  /** Offsets into the arguments, in bytes. */
  static final int X = 0;

  static final int X_PITCH = 8;
  static final int X_ROW = 16;
  static final int CHANNELS = 24;
  static final int ROWS = 32;

  /** Bytes of vectors that are read of a row, or of all rows at a stride of 1. */
  static final int READ = 40;

  /** Bytes that are to be copied in all, at a stride of 1. */
  static final int END = 48;

  static final int TO = 56;
  static final int NEXT = 64;
  static final int BASE = 72;
  static final int Y = 80;
  static final int Y_PITCH = 88;

  /** Bytes of vectors of output. */
  static final int COUNT = 96;

  static final int WEIGHTS = 104;
  static final int BIAS = 112;
  static final int MASKS = 120;
  static final int LOW = 128;
  static final int HIGH = 132;

  /** Two permutations: the even and the odd ones of two vectors' lanes, for 64 bytes. */
  static final int SPLIT = 136;

  /** What the padding holds, where that isn't zero. */
  static final int OUTSIDE = 144;

  /** Vectors that share a weight where not all weights fit in the registers. */
  static final int WIDE = 4;

  private static final List<Reg> SAVED = List.of(RBX, RBP, R12, R13, R14);

  private final Assembler asm;
  private final Flat.Form form;
  private final int taps;
  private final int period;
  private final int maskBytes;
  private final boolean resident;
  private final int low;
  private final int high;
  private final int bias;

  /** Where sums begin to have registers. */
  private final int sums;

  private DepthwiseProgram(int vectorBytes, Flat.Form form) {
    this.asm = new Assembler(vectorBytes);
    this.form = form;
    taps = form.kernelHeight() * form.kernelWidth();
    int floats = WIDE * vectorBytes / 4;
    period = form.period(floats);
    maskBytes = 4 * (period + floats);
    resident = form.largest() || taps + 7 <= asm.registers();
    int first = form.largest() ? 1 : resident ? taps : 1;
    low = first;
    high = first + 1;
    bias = first + 2;
    sums = first + 3;
  }

  static byte[] of(int vectorBytes, Flat.Form form) {
    return new DepthwiseProgram(vectorBytes, form).code();
  }

  private byte[] code() {
    SAVED.forEach(asm::push);
    asm.load(RSI, mem(RDI, X));
    asm.load(R8, mem(RDI, Y));
    asm.load(R9, mem(RDI, WEIGHTS));
    asm.load(R10, mem(RDI, BIAS));
    asm.load(R12, mem(RDI, CHANNELS));
    if (form.clamp()) {
      asm.vbroadcast(low, mem(RDI, LOW));
      asm.vbroadcast(high, mem(RDI, HIGH));
    }
    Label channel = asm.label();
    asm.bind(channel);
    asm.vbroadcast(bias, mem(R10, 0));
    Label copied = asm.label();
    asm.load(RCX, mem(RDI, ROWS));
    asm.test(RCX, RCX);
    asm.jump(Condition.ZERO, copied);
    if (form.stride() == 1) {
      copy();
    } else {
      split();
    }
    asm.bind(copied);
    convolve();
    asm.add(RSI, mem(RDI, X_PITCH));
    asm.add(R8, mem(RDI, Y_PITCH));
    if (!form.largest()) {
      asm.add(R9, 4 * taps);
      asm.add(R10, 4);
    }
    asm.decrement(R12);
    asm.jump(Condition.NOT_ZERO, channel);
    asm.vzeroupper();
    SAVED.reversed().forEach(asm::pop);
    asm.ret();
    return asm.code();
  }

  /** Copies all rows as one, and a vector of zeros behind them. */
  private void copy() {
    asm.load(RBX, mem(RDI, TO));
    asm.load(RCX, mem(RDI, READ));
    asm.move(RAX, 0);
    Label vector = asm.label();
    asm.align(32);
    asm.bind(vector);
    asm.vload(sums, mem(RSI, RAX, 0));
    asm.vstore(mem(RBX, RAX, 0), sums);
    asm.add(RAX, asm.bytes());
    asm.compare(RAX, RCX);
    asm.jump(Condition.LESS, vector);
    asm.load(RAX, mem(RDI, END));
    outside(sums);
    asm.vstore(mem(RBX, RAX, 0), sums);
  }

  /** Copies row by row, columns split into even and odd, rows to two places in turn. */
  private void split() {
    int a = sums;
    int b = sums + 1;
    int c = sums + 2;
    int odd = sums + 3;
    boolean wide = asm.bytes() == 64;
    if (wide) {
      asm.load(RAX, mem(RDI, SPLIT));
      asm.vload(0, mem(RAX, 0));
      asm.vload(odd, mem(RAX, 64));
    }
    asm.load(RBX, mem(RDI, TO));
    asm.load(RDX, mem(RDI, NEXT));
    asm.load(R13, mem(RDI, READ));
    asm.move(R14, RSI);
    Label row = asm.label();
    asm.bind(row);
    asm.move(RAX, 0);
    Label vector = asm.label();
    asm.align(32);
    asm.bind(vector);
    Mem from = new Mem(R14, RAX, 2, 0);
    asm.vload(a, from);
    asm.vload(b, from.plus(asm.bytes()));
    if (wide) {
      asm.vmove(c, a);
      asm.vpermuteTables(a, 0, b);
      asm.vpermuteTables(c, odd, b);
    } else {
      asm.vshuffle(c, a, b, 0xDD);
      asm.vshuffle(a, a, b, 0x88);
      asm.vpermuteDoubles(c, c, 0xD8);
      asm.vpermuteDoubles(a, a, 0xD8);
    }
    asm.vstore(mem(RBX, RAX, 0), a);
    asm.vstore(mem(RBX, RAX, form.phase()), c);
    asm.add(RAX, asm.bytes());
    asm.compare(RAX, R13);
    asm.jump(Condition.LESS, vector);
    asm.add(R14, mem(RDI, X_ROW));
    asm.move(RAX, RDX);
    asm.address(RDX, mem(RBX, 4 * form.pitch()));
    asm.move(RBX, RAX);
    asm.decrement(RCX);
    asm.jump(Condition.NOT_ZERO, row);
    // What the last rows have written too much may be where the padding below lies.
    outside(a);
    for (Reg end : List.of(RBX, RDX)) {
      asm.vstore(mem(end, 0), a);
      asm.vstore(mem(end, form.phase()), a);
    }
  }

  /** What the padding holds. */
  private void outside(int to) {
    if (form.largest()) {
      asm.vbroadcast(to, mem(RDI, OUTSIDE));
    } else {
      asm.vzero(to);
    }
  }

  private void convolve() {
    for (int tap = 0; resident && !form.largest() && tap < taps; tap++) {
      asm.vbroadcast(tap, mem(R9, 4 * tap));
    }
    asm.load(RBX, mem(RDI, BASE));
    asm.load(R11, mem(RDI, MASKS));
    asm.load(RBP, mem(RDI, COUNT));
    asm.move(RAX, 0);
    asm.move(RDX, 0);
    if (!resident) {
      Label narrow = asm.label();
      Label wide = asm.label();
      asm.bind(wide);
      asm.address(RCX, mem(RAX, WIDE * asm.bytes()));
      asm.compare(RCX, RBP);
      asm.jump(Condition.GREATER, narrow);
      vectors(WIDE);
      asm.jump(wide);
      asm.bind(narrow);
      asm.compare(RAX, RBP);
      Label done = asm.label();
      asm.jump(Condition.GREATER_OR_EQUAL, done);
      vectors(1);
      asm.jump(narrow);
      asm.bind(done);
      return;
    }
    Label vector = asm.label();
    asm.align(32);
    asm.bind(vector);
    vectors(1);
    asm.compare(RAX, RBP);
    asm.jump(Condition.LESS, vector);
  }

  /** {@code count} vectors of output at RAX, whose mask is at RDX; moves both on. */
  private void vectors(int count) {
    for (int v = 0; v < count; v++) {
      asm.vmove(sums + v, bias);
    }
    if (form.largest()) {
      largest(count);
    } else {
      sum(count);
    }
    for (int v = 0; v < count; v++) {
      if (form.clamp()) {
        asm.vmax(sums + v, low, sums + v);
        asm.vmin(sums + v, high, sums + v);
      }
      asm.vstore(mem(R8, RAX, v * asm.bytes()), sums + v);
    }
    asm.add(RAX, count * asm.bytes());
    if (form.maskedColumns() > 0) {
      Label same = asm.label();
      asm.add(RDX, count * asm.bytes());
      asm.compare(RDX, 4 * period);
      asm.jump(Condition.LESS, same);
      asm.sub(RDX, 4 * period);
      asm.bind(same);
    }
  }

  /** Row by row, so that of NaN and a number the later stays, as in ONNX Runtime. */
  private void largest(int count) {
    int part = sums + count;
    int others = form.maskedColumns() * maskBytes;
    for (int row = 0; row < form.kernelHeight(); row++) {
      int masked = 0;
      for (int column = 0; column < form.kernelWidth(); column++) {
        for (int v = 0; v < count; v++) {
          asm.vload(part, mem(RBX, RAX, form.offset(row, column) + v * asm.bytes()));
          if (form.isMasked(column)) {
            Mem mask = mem(R11, RDX, masked * maskBytes + v * asm.bytes());
            asm.vand(part, part, mask);
            asm.vor(part, part, mask.plus(others));
          }
          asm.vmax(sums + v, sums + v, part);
        }
        masked += form.isMasked(column) ? 1 : 0;
      }
    }
  }

  private void sum(int count) {
    int parts = sums + count;
    for (int column = 0; column < form.kernelWidth(); column++) {
      if (!form.isMasked(column)) {
        column(column, count, sums, false);
      }
    }
    int masked = 0;
    for (int column = 0; column < form.kernelWidth(); column++) {
      if (form.isMasked(column)) {
        // Two registers in turn keep the columns of a single vector apart.
        int part = count == 1 ? parts + masked % 2 : parts;
        column(column, count, part, true);
        for (int v = 0; v < count; v++) {
          asm.vand(part + v, part + v, mem(R11, RDX, masked * maskBytes + v * asm.bytes()));
          asm.vadd(sums + v, sums + v, part + v);
        }
        masked++;
      }
    }
  }

  /** Adds the taps of one column; the first sets the sums where they're to start from nothing. */
  private void column(int column, int count, int to, boolean fresh) {
    for (int row = 0; row < form.kernelHeight(); row++) {
      int tap = row * form.kernelWidth() + column;
      int weight = resident ? tap : 0;
      if (!resident) {
        asm.vbroadcast(weight, mem(R9, 4 * tap));
      }
      for (int v = 0; v < count; v++) {
        Mem input = mem(RBX, RAX, form.offset(row, column) + v * asm.bytes());
        if (fresh && row == 0) {
          asm.vmul(to + v, weight, input);
        } else {
          asm.vfma(to + v, weight, input);
        }
      }
    }
  }
}
