/**
 * Machine code for x86-64, written at run time through the Foreign Function API: no native library
 * is shipped or loaded.
 *
 * <p>The Vector API can't say how many registers a loop keeps its sums in, and C2 spills them where
 * it guesses wrong; here the tile of a product is exactly what the register file holds. {@link
 * org.espalier.engine.kernel.x64.Assembler} encodes some thirty instructions, for 256-bit vectors
 * (AVX2 with FMA) and for 512-bit ones (AVX-512F) alike; a program is a method that emits them:
 *
 * <pre>{@code
 * var asm = new Assembler(32);
 * asm.load(Reg.RAX, Mem.mem(Reg.RDI, 0));
 * asm.ret();
 * MachineCode.Routine routine = MachineCode.install(asm.code());
 * routine.run(arguments.address());
 * }</pre>
 *
 * <p>Where this can't be had (another processor or system, memory that may not be executed, native
 * access denied) the engine runs on the Vector API.
 */
package org.espalier.engine.kernel.x64;
