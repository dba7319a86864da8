package org.espalier.engine.kernel.x64;

/**
 * A place in memory: {@code base + index * scale + displacement}, without an index where it's null.
 */
record Mem(Reg base, Reg index, int scale, int displacement) {
  Mem {
    assert index != Reg.RSP : "rsp can't be an index";
    assert scale == 1 || scale == 2 || scale == 4 || scale == 8 : scale;
  }

  static Mem mem(Reg base, int displacement) {
    return new Mem(base, null, 1, displacement);
  }

  static Mem mem(Reg base, Reg index, int displacement) {
    return new Mem(base, index, 1, displacement);
  }

  Mem plus(int bytes) {
    return new Mem(base, index, scale, displacement + bytes);
  }
}
