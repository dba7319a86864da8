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
 * Copies rows of several channels, every number or every second one, and keeps only what a mask
 * lets through. Of each channel several copies are made, while its rows are in the first cache.
 * Whole vectors are written, rows in ascending order: what one row writes too much is overwritten
 * by the next.
 */
final class PackProgram {
  /** Offsets into the arguments, in bytes. */
  static final int X = 0;

  static final int X_ROW = 8;
  static final int X_CHANNEL = 16;
  static final int Y = 24;
  static final int Y_ROW = 32;
  static final int Y_CHANNEL = 40;
  static final int ROWS = 48;
  static final int CHANNELS = 56;
  static final int MASKS = 64;

  /** Bytes of vectors in a row of {@code y}. */
  static final int WIDTH = 72;

  /** A permutation: the even ones of two vectors' lanes, for vectors of 64 bytes. */
  static final int EVEN = 80;

  /** Where the copies' places begin, and where they end. */
  static final int PLACES = 88;

  static final int END = 96;

  /** Bytes of a place: of longs to add to {@code x}, to {@code y} and to {@code masks}. */
  static final int PLACE = 24;

  private static final List<Reg> SAVED = List.of(RBX, RBP, R12, R13, R14, R15);

  private PackProgram() {}

  static byte[] of(int vectorBytes, int stride) {
    assert stride == 1 || stride == 2 : stride;
    var asm = new Assembler(vectorBytes);
    SAVED.forEach(asm::push);
    asm.load(RSI, mem(RDI, X));
    asm.load(RDX, mem(RDI, X_ROW));
    asm.load(RCX, mem(RDI, X_CHANNEL));
    asm.load(R8, mem(RDI, Y));
    asm.load(R9, mem(RDI, Y_ROW));
    asm.load(R10, mem(RDI, Y_CHANNEL));
    asm.load(R12, mem(RDI, CHANNELS));
    asm.load(R14, mem(RDI, WIDTH));
    if (stride == 2 && vectorBytes == 64) {
      asm.load(RAX, mem(RDI, EVEN));
      asm.vload(2, mem(RAX, 0));
    }
    Encoder.Label channel = asm.label();
    asm.bind(channel);
    asm.load(R15, mem(RDI, PLACES));
    Encoder.Label copy = asm.label();
    asm.bind(copy);
    asm.load(R11, mem(R15, 0));
    asm.add(R11, RSI);
    asm.load(RBX, mem(R15, 8));
    asm.add(RBX, R8);
    asm.load(R13, mem(R15, 16));
    asm.add(R13, mem(RDI, MASKS));
    asm.load(RBP, mem(RDI, ROWS));
    Encoder.Label row = asm.label();
    asm.bind(row);
    asm.move(RAX, 0);
    Encoder.Label vector = asm.label();
    asm.align(32);
    asm.bind(vector);
    vector(asm, stride);
    asm.add(RAX, vectorBytes);
    asm.compare(RAX, R14);
    asm.jump(Encoder.Condition.LESS, vector);
    asm.add(R11, RDX);
    asm.add(RBX, R9);
    asm.decrement(RBP);
    asm.jump(Encoder.Condition.NOT_ZERO, row);
    asm.add(R15, PLACE);
    asm.load(RAX, mem(RDI, END));
    asm.compare(R15, RAX);
    asm.jump(Encoder.Condition.LESS, copy);
    asm.add(RSI, RCX);
    asm.add(R8, R10);
    asm.decrement(R12);
    asm.jump(Encoder.Condition.NOT_ZERO, channel);
    asm.vzeroupper();
    SAVED.reversed().forEach(asm::pop);
    asm.ret();
    return asm.code();
  }

  private static void vector(Assembler asm, int stride) {
    Mem from = new Mem(R11, RAX, stride, 0);
    asm.vload(0, from);
    if (stride == 2) {
      asm.vload(1, from.plus(asm.bytes()));
      if (asm.bytes() == 64) {
        asm.vpermuteTables(0, 2, 1);
      } else {
        // Even lanes of each half of both, then the halves' quarters in order.
        asm.vshuffle(0, 0, 1, 0x88);
        asm.vpermuteDoubles(0, 0, 0xD8);
      }
    }
    asm.vand(0, 0, mem(R13, RAX, 0));
    asm.vstore(mem(RBX, RAX, 0), 0);
  }
}
