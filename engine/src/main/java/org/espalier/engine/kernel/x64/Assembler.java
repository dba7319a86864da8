package org.espalier.engine.kernel.x64;

/**
 * The instructions of x86-64 that programs need (Intel 64 and IA-32 Architectures Software
 * Developer's Manual, volume 2). Vector instructions take numbers of vector registers; they are
 * encoded with VEX for vectors of 32 bytes and EVEX for 64, so that a program is written once for
 * both.
 */
final class Assembler extends Encoder {
  /** An assembler for vectors of {@code bytes} bytes, 32 or 64. */
  Assembler(int bytes) {
    super(bytes);
  }

  void ret() {
    emit(0xC3);
  }

  void push(Reg reg) {
    if (reg.number() >= 8) {
      emit(0x41);
    }
    emit(0x50 | (reg.number() & 7));
  }

  void pop(Reg reg) {
    if (reg.number() >= 8) {
      emit(0x41);
    }
    emit(0x58 | (reg.number() & 7));
  }

  /** {@code to = from}, 64 bits. */
  void move(Reg to, Reg from) {
    wide(0x89, from.number(), to);
  }

  /** {@code to = value}, sign-extended. */
  void move(Reg to, int value) {
    wide(0xC7, 0, to);
    emit32(value);
  }

  /** {@code to = *from}, 64 bits. */
  void load(Reg to, Mem from) {
    wide(0x8B, to.number(), from);
  }

  /** {@code to = *from}, 32 bits with their sign. */
  void loadInt(Reg to, Mem from) {
    wide(0x63, to.number(), from);
  }

  /** {@code *to = from}, 32 bits. */
  void storeInt(Mem to, Reg from) {
    rex(false, from.number(), to);
    emit(0x89);
    modrm(from.number(), to);
  }

  void address(Reg to, Mem from) {
    wide(0x8D, to.number(), from);
  }

  void add(Reg to, Reg value) {
    wide(0x01, value.number(), to);
  }

  void add(Reg to, Mem value) {
    wide(0x03, to.number(), value);
  }

  void add(Reg to, int value) {
    wide(0x81, 0, to);
    emit32(value);
  }

  void sub(Reg to, Reg value) {
    wide(0x29, value.number(), to);
  }

  void sub(Reg to, int value) {
    wide(0x81, 5, to);
    emit32(value);
  }

  void compare(Reg left, Reg right) {
    wide(0x39, right.number(), left);
  }

  void compare(Reg left, int right) {
    wide(0x81, 7, left);
    emit32(right);
  }

  void test(Reg left, Reg right) {
    wide(0x85, right.number(), left);
  }

  /** Sets the flags of {@code left & bits}. */
  void testBits(Reg left, int bits) {
    wide(0xF7, 0, left);
    emit32(bits);
  }

  void decrement(Reg reg) {
    wide(0xFF, 1, reg);
  }

  /** Fetches the line at {@code at} into the nearest cache, to be read or also written. */
  void prefetch(Mem at, boolean write) {
    rex(false, 1, at);
    emit(0x0F);
    emit(write ? 0x0D : 0x18);
    modrm(1, at);
  }

  /** EAX, ECX in; EAX, EBX, ECX, EDX out. */
  void cpuid() {
    emit(0x0F);
    emit(0xA2);
  }

  /** ECX in; EDX:EAX out. */
  void xgetbv() {
    emit(0x0F);
    emit(0x01);
    emit(0xD0);
  }

  void vzeroupper() {
    emit(0xC5);
    emit(0xF8);
    emit(0x77);
  }

  void vload(int to, Mem from) {
    vector(NO_PREFIX, MAP_0F, 0x10, false, to, NO_OPERAND, from);
  }

  void vstore(Mem to, int from) {
    vector(NO_PREFIX, MAP_0F, 0x11, false, from, NO_OPERAND, to);
  }

  /** The lowest lane. */
  void vstoreOne(Mem to, int from) {
    vector(PREFIX_F3, MAP_0F, 0x11, false, from, NO_OPERAND, to);
  }

  /** The float at {@code from} in every lane. */
  void vbroadcast(int to, Mem from) {
    vector(PREFIX_66, MAP_0F38, 0x18, false, to, NO_OPERAND, from);
  }

  /** {@code sum += a * b}. */
  void vfma(int sum, int a, int b) {
    vector(PREFIX_66, MAP_0F38, 0xB8, false, sum, a, b);
  }

  void vfma(int sum, int a, Mem b) {
    vector(PREFIX_66, MAP_0F38, 0xB8, false, sum, a, b);
  }

  /** {@code factor = factor * a + b}. */
  void vhorner(int factor, int a, Mem b) {
    vector(PREFIX_66, MAP_0F38, 0xA8, false, factor, a, b);
  }

  void vsub(int to, int a, int b) {
    vector(NO_PREFIX, MAP_0F, 0x5C, false, to, a, b);
  }

  void vdiv(int to, int a, int b) {
    vector(NO_PREFIX, MAP_0F, 0x5E, false, to, a, b);
  }

  /** Differences of ints. */
  void vsubInts(int to, int a, int b) {
    vector(PREFIX_66, MAP_0F, 0xFA, false, to, a, b);
  }

  /** Ints shifted to the left. */
  void vshiftInts(int to, int from, int bits) {
    // The operation's number takes the place of the first register.
    vector(PREFIX_66, MAP_0F, 0x72, false, 6, to, from);
    emit(bits);
  }

  void vadd(int to, int a, int b) {
    vector(NO_PREFIX, MAP_0F, 0x58, false, to, a, b);
  }

  void vadd(int to, int a, Mem b) {
    vector(NO_PREFIX, MAP_0F, 0x58, false, to, a, b);
  }

  void vmul(int to, int a, int b) {
    vector(NO_PREFIX, MAP_0F, 0x59, false, to, a, b);
  }

  void vmul(int to, int a, Mem b) {
    vector(NO_PREFIX, MAP_0F, 0x59, false, to, a, b);
  }

  /** The larger; {@code b} where either is NaN or both are zeros. */
  void vmax(int to, int a, int b) {
    vector(NO_PREFIX, MAP_0F, 0x5F, false, to, a, b);
  }

  /** The smaller; {@code b} where either is NaN or both are zeros. */
  void vmin(int to, int a, int b) {
    vector(NO_PREFIX, MAP_0F, 0x5D, false, to, a, b);
  }

  /**
   * Brings the first so many registers between two numbers; the two behind them are overwritten.
   */
  void clamp(int count, Mem least, Mem most) {
    vbroadcast(count, least);
    vbroadcast(count + 1, most);
    for (int k = 0; k < count; k++) {
      vmax(k, count, k);
      vmin(k, count + 1, k);
    }
  }

  /** The smaller of signed ints. */
  void vminInts(int to, int a, int b) {
    vector(PREFIX_66, MAP_0F38, 0x39, false, to, a, b);
  }

  /** Zeros in all lanes. */
  void vzero(int to) {
    if (bytes() == 64) {
      vector(PREFIX_66, MAP_0F, 0xEF, false, to, to, to);
    } else {
      vector(NO_PREFIX, MAP_0F, 0x57, false, to, to, to);
    }
  }

  /** Bits that both have. */
  void vand(int to, int a, Mem b) {
    // The floating-point form needs AVX-512DQ; the integer form does the same.
    if (bytes() == 64) {
      vector(PREFIX_66, MAP_0F, 0xDB, false, to, a, b);
    } else {
      vector(NO_PREFIX, MAP_0F, 0x54, false, to, a, b);
    }
  }

  /** Bits that either has. */
  void vor(int to, int a, Mem b) {
    if (bytes() == 64) {
      vector(PREFIX_66, MAP_0F, 0xEB, false, to, a, b);
    } else {
      vector(NO_PREFIX, MAP_0F, 0x56, false, to, a, b);
    }
  }

  void vmove(int to, int from) {
    vector(NO_PREFIX, MAP_0F, 0x28, false, to, NO_OPERAND, from);
  }

  /** Of every 16 bytes, two floats of {@code a} and two of {@code b}, as {@code order} says. */
  void vshuffle(int to, int a, int b, int order) {
    vector(NO_PREFIX, MAP_0F, 0xC6, false, to, a, b);
    emit(order);
  }

  /** The four doubles of every 32 bytes in another order. */
  void vpermuteDoubles(int to, int from, int order) {
    vector(PREFIX_66, MAP_0F3A, 0x01, true, to, NO_OPERAND, from);
    emit(order);
  }

  /** Of 64 bytes, two quarters of {@code a} and two of {@code b}, as {@code order} says. */
  void vshuffleQuarters(int to, int a, int b, int order) {
    assert bytes() == 64 : "AVX-512 only";
    vector(PREFIX_66, MAP_0F3A, 0x23, false, to, a, b);
    emit(order);
  }

  /**
   * {@code table} becomes the lanes of {@code table} and {@code other} that {@code index} names.
   */
  void vpermuteTables(int table, int index, int other) {
    assert bytes() == 64 : "AVX-512 only";
    vector(PREFIX_66, MAP_0F38, 0x7F, false, table, index, other);
  }
}
