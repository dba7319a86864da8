package org.espalier.engine.kernel.x64;

import static org.espalier.engine.kernel.x64.Mem.mem;
import static org.espalier.engine.kernel.x64.Reg.R10;
import static org.espalier.engine.kernel.x64.Reg.R8;
import static org.espalier.engine.kernel.x64.Reg.R9;
import static org.espalier.engine.kernel.x64.Reg.RAX;
import static org.espalier.engine.kernel.x64.Reg.RCX;
import static org.espalier.engine.kernel.x64.Reg.RDI;
import static org.espalier.engine.kernel.x64.Reg.RDX;
import static org.espalier.engine.kernel.x64.Reg.RSI;

import org.espalier.engine.kernel.x64.Encoder.Condition;
import org.espalier.engine.kernel.x64.Encoder.Label;

/** One number for each of some planes: the largest, where NaN doesn't count, or a scaled sum. */
final class ReduceProgram {
  /** Offsets into the arguments, in bytes. */
  static final int X = 0;

  static final int PITCH = 8;
  static final int PLANES = 16;

  /** Bytes of whole vectors of a plane. */
  static final int WHOLE = 24;

  static final int Y = 32;

  /** Bytes of pixels after the whole vectors. */
  static final int REST = 40;

  /** Ones for the pixels in a plane's last vector, and a vector of what else is put there. */
  static final int MASK = 48;

  static final int NONE = 56;
  static final int SCALE = 60;

  private ReduceProgram() {}

  static byte[] of(int vectorBytes, boolean largest) {
    var asm = new Assembler(vectorBytes);
    asm.load(RSI, mem(RDI, X));
    asm.load(RDX, mem(RDI, PITCH));
    asm.load(RCX, mem(RDI, PLANES));
    asm.load(R8, mem(RDI, WHOLE));
    asm.load(R9, mem(RDI, Y));
    asm.load(R10, mem(RDI, MASK));
    asm.vbroadcast(2, mem(RDI, NONE));
    asm.vbroadcast(3, mem(RDI, SCALE));
    Label plane = asm.label();
    asm.bind(plane);
    asm.vmove(0, 2);
    asm.move(RAX, 0);
    Label vector = asm.label();
    Label end = asm.label();
    asm.bind(vector);
    asm.compare(RAX, R8);
    asm.jump(Condition.GREATER_OR_EQUAL, end);
    asm.vload(1, mem(RSI, RAX, 0));
    join(asm, largest);
    asm.add(RAX, vectorBytes);
    asm.jump(vector);
    asm.bind(end);
    Label done = asm.label();
    asm.load(RAX, mem(RDI, REST));
    asm.test(RAX, RAX);
    asm.jump(Condition.ZERO, done);
    asm.vload(1, mem(RSI, R8, 0));
    asm.vand(1, 1, mem(R10, 0));
    asm.vor(1, 1, mem(R10, vectorBytes));
    join(asm, largest);
    asm.bind(done);
    if (vectorBytes == 64) {
      asm.vshuffleQuarters(1, 0, 0, 0x4E);
      join(asm, largest);
    }
    asm.vpermuteDoubles(1, 0, 0x4E);
    join(asm, largest);
    asm.vshuffle(1, 0, 0, 0x4E);
    join(asm, largest);
    asm.vshuffle(1, 0, 0, 0xB1);
    join(asm, largest);
    asm.vmul(0, 0, 3);
    asm.vstoreOne(mem(R9, 0), 0);
    asm.add(R9, 4);
    asm.add(RSI, RDX);
    asm.decrement(RCX);
    asm.jump(Condition.NOT_ZERO, plane);
    asm.vzeroupper();
    asm.ret();
    return asm.code();
  }

  private static void join(Assembler asm, boolean largest) {
    if (largest) {
      asm.vmax(0, 1, 0);
    } else {
      asm.vadd(0, 0, 1);
    }
  }
}
