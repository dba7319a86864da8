package org.espalier.engine.kernel.x64;

/** The general-purpose registers, in the order of their numbers. */
enum Reg {
  RAX,
  RCX,
  RDX,
  RBX,
  RSP,
  RBP,
  RSI,
  RDI,
  R8,
  R9,
  R10,
  R11,
  R12,
  R13,
  R14,
  R15;

  /** The four bits of this register that an instruction carries. */
  @SuppressWarnings("EnumOrdinal") // the order is that of the processor's manual
  int number() {
    return ordinal();
  }
}
