package org.espalier.engine.kernel.x64;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The bytes of a program: how an operation's number and operands are put together, and jumps to
 * places that may not be known yet. Vector instructions are encoded with VEX for vectors of 32
 * bytes and EVEX for 64.
 */
abstract sealed class Encoder permits Assembler {
  /** A place in the code, which jumps may name before it's known. */
  static final class Label {
    private int at = -1;
    private final List<Integer> users = new ArrayList<>();
  }

  /** Conditions of jumps, by their number in the instruction. */
  enum Condition {
    BELOW(2),
    ABOVE_OR_EQUAL(3),
    ZERO(4),
    NOT_ZERO(5),
    LESS(12),
    GREATER_OR_EQUAL(13),
    LESS_OR_EQUAL(14),
    GREATER(15);

    private final int code;

    Condition(int code) {
      this.code = code;
    }
  }

  /** Maps of opcodes. */
  static final int MAP_0F = 1;

  static final int MAP_0F38 = 2;
  static final int MAP_0F3A = 3;

  /** Implied prefixes. */
  static final int NO_PREFIX = 0;

  static final int PREFIX_66 = 1;
  static final int PREFIX_F3 = 2;

  static final int NO_OPERAND = 0;

  /** Instructions that do nothing, by their length: a long one takes no more time than a short. */
  private static final int[][] NOPS = {
    {0x90},
    {0x66, 0x90},
    {0x0F, 0x1F, 0x00},
    {0x0F, 0x1F, 0x40, 0},
    {0x0F, 0x1F, 0x44, 0, 0},
    {0x66, 0x0F, 0x1F, 0x44, 0, 0},
    {0x0F, 0x1F, 0x80, 0, 0, 0, 0},
    {0x0F, 0x1F, 0x84, 0, 0, 0, 0, 0},
    {0x66, 0x0F, 0x1F, 0x84, 0, 0, 0, 0, 0}
  };

  private final int bytes;
  private byte[] code = new byte[1024];
  private int size;

  Encoder(int bytes) {
    assert bytes == 32 || bytes == 64 : bytes;
    this.bytes = bytes;
  }

  /** Bytes in a vector. */
  final int bytes() {
    return bytes;
  }

  /** Vector registers that there are. */
  final int registers() {
    return bytes == 64 ? 32 : 16;
  }

  final byte[] code() {
    return Arrays.copyOf(code, size);
  }

  final Label label() {
    return new Label();
  }

  final void bind(Label label) {
    assert label.at < 0 : "bound twice";
    label.at = size;
    for (int user : label.users) {
      patch(user, size - (user + 4));
    }
  }

  final void jump(Condition condition, Label label) {
    emit(0x0F);
    emit(0x80 | condition.code);
    target(label);
  }

  final void jump(Label label) {
    emit(0xE9);
    target(label);
  }

  private void target(Label label) {
    if (label.at >= 0) {
      emit32(label.at - (size + 4));
    } else {
      label.users.add(size);
      emit32(0);
    }
  }

  private void patch(int at, int value) {
    for (int k = 0; k < 4; k++) {
      code[at + k] = (byte) (value >>> (8 * k));
    }
  }

  /**
   * Fills up with few instructions that do nothing, so that a loop starts on a multiple of this.
   */
  final void align(int multiple) {
    while (size % multiple != 0) {
      for (int octet : NOPS[Math.min(NOPS.length, multiple - size % multiple) - 1]) {
        emit(octet);
      }
    }
  }

  final void vector(int prefix, int map, int opcode, boolean w, int reg, int other, int rm) {
    if (bytes == 64) {
      emit(0x62);
      emit(bit(~reg, 3, 7) | bit(~rm, 4, 6) | bit(~rm, 3, 5) | bit(~reg, 4, 4) | map);
      emit((w ? 0x80 : 0) | (~other & 15) << 3 | 4 | prefix);
      emit(0x40 | bit(~other, 4, 3));
    } else {
      emit(0xC4);
      emit(bit(~reg, 3, 7) | 0x40 | bit(~rm, 3, 5) | map);
      emit((w ? 0x80 : 0) | (~other & 15) << 3 | 4 | prefix);
    }
    emit(opcode);
    emit(0xC0 | (reg & 7) << 3 | (rm & 7));
  }

  final void vector(int prefix, int map, int opcode, boolean w, int reg, int other, Mem rm) {
    int index = rm.index() == null ? 0 : rm.index().number();
    int base = rm.base().number();
    if (bytes == 64) {
      emit(0x62);
      emit(bit(~reg, 3, 7) | bit(~index, 3, 6) | bit(~base, 3, 5) | bit(~reg, 4, 4) | map);
      emit((w ? 0x80 : 0) | (~other & 15) << 3 | 4 | prefix);
      emit(0x40 | bit(~other, 4, 3));
    } else {
      emit(0xC4);
      emit(bit(~reg, 3, 7) | bit(~index, 3, 6) | bit(~base, 3, 5) | map);
      emit((w ? 0x80 : 0) | (~other & 15) << 3 | 4 | prefix);
    }
    emit(opcode);
    modrm(reg, rm);
  }

  /** Bit {@code from} of {@code value}, moved to bit {@code to}. */
  private static int bit(int value, int from, int to) {
    return (value >>> from & 1) << to;
  }

  final void wide(int opcode, int reg, Reg rm) {
    emit(0x48 | bit(reg, 3, 2) | bit(rm.number(), 3, 0));
    emit(opcode);
    emit(0xC0 | (reg & 7) << 3 | (rm.number() & 7));
  }

  final void wide(int opcode, int reg, Mem rm) {
    rex(true, reg, rm);
    emit(opcode);
    modrm(reg, rm);
  }

  final void rex(boolean wide, int reg, Mem rm) {
    int index = rm.index() == null ? 0 : rm.index().number();
    emit((wide ? 0x48 : 0x40) | bit(reg, 3, 2) | bit(index, 3, 1) | bit(rm.base().number(), 3, 0));
  }

  /**
   * The operand bytes, always with a displacement of 32 bits: a short one would have to be a
   * multiple of the operand's size under EVEX.
   */
  final void modrm(int reg, Mem rm) {
    int base = rm.base().number() & 7;
    boolean sib = rm.index() != null || base == Reg.RSP.number();
    emit(0x80 | (reg & 7) << 3 | (sib ? 4 : base));
    if (sib) {
      int index = rm.index() == null ? 4 : rm.index().number() & 7;
      emit(Integer.numberOfTrailingZeros(rm.scale()) << 6 | index << 3 | base);
    }
    emit32(rm.displacement());
  }

  final void emit(int value) {
    if (size == code.length) {
      code = Arrays.copyOf(code, size * 2);
    }
    code[size++] = (byte) value;
  }

  final void emit32(int value) {
    for (int k = 0; k < 4; k++) {
      emit(value >>> (8 * k));
    }
  }
}
