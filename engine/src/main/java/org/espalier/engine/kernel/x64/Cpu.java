package org.espalier.engine.kernel.x64;

import static org.espalier.engine.kernel.x64.Mem.mem;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** What the processor and the operating system let us use, asked with the CPUID instruction. */
final class Cpu {
  private static final int OSXSAVE = 1 << 27;
  private static final int AVX = 1 << 28;
  private static final int FMA = 1 << 12;
  private static final int AVX2 = 1 << 5;
  private static final int AVX512F = 1 << 16;

  /** State of registers that the system saves: vectors of 16 and 32 bytes, then those of 64. */
  private static final int YMM = 0x06;

  private static final int ZMM = 0xE6;

  private Cpu() {}

  /** Bytes in the widest vector that programs can use: 64, 32, or 0. */
  static int vectorBytes() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment answers = arena.allocate(16, 16);
      MachineCode.install(questions()).run(answers.address());
      int leaf1 = answers.getAtIndex(ValueLayout.JAVA_INT, 0);
      int leaf7 = answers.getAtIndex(ValueLayout.JAVA_INT, 1);
      int saved = answers.getAtIndex(ValueLayout.JAVA_INT, 2);
      int needed = OSXSAVE | AVX | FMA;
      if ((leaf1 & needed) != needed || (leaf7 & AVX2) == 0 || (saved & YMM) != YMM) {
        return 0;
      }
      return (leaf7 & AVX512F) != 0 && (saved & ZMM) == ZMM ? 64 : 32;
    }
  }

  /** Stores ECX of leaf 1, EBX of leaf 7, and XCR0 where there is one. */
  private static byte[] questions() {
    var asm = new Assembler(32);
    asm.push(Reg.RBX);
    asm.move(Reg.RAX, 1);
    asm.move(Reg.RCX, 0);
    asm.cpuid();
    asm.storeInt(mem(Reg.RDI, 0), Reg.RCX);
    asm.move(Reg.R8, Reg.RCX);
    asm.move(Reg.RAX, 7);
    asm.move(Reg.RCX, 0);
    asm.cpuid();
    asm.storeInt(mem(Reg.RDI, 4), Reg.RBX);
    // Without OSXSAVE, bit 27, reading the register would be an illegal instruction.
    Encoder.Label end = asm.label();
    asm.testBits(Reg.R8, OSXSAVE);
    asm.jump(Encoder.Condition.ZERO, end);
    asm.move(Reg.RCX, 0);
    asm.xgetbv();
    asm.storeInt(mem(Reg.RDI, 8), Reg.RAX);
    asm.bind(end);
    asm.pop(Reg.RBX);
    asm.ret();
    return asm.code();
  }
}
