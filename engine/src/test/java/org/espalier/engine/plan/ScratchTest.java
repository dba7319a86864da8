package org.espalier.engine.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.Test;

class ScratchTest {
  private final SeededRandom random = SeededRandom.fresh();

  @Test
  void piecesAreZeroAlignedAndApart() {
    var scratch = new Scratch();
    for (int round = 0; round < 20; round++) {
      var pieces = new ArrayList<MemorySegment>();
      for (int k = 0; k < 50; k++) {
        long bytes = random.nextInt(10) == 0 ? random.nextInt(3 << 20) : random.nextInt(5000);
        MemorySegment piece = scratch.allocate(bytes, 64);
        assertThat(piece.byteSize()).isEqualTo(bytes);
        assertThat(piece.address() % 64).isZero();
        assertThat(piece.mismatch(MemorySegment.ofArray(new byte[(int) bytes]))).isEqualTo(-1);
        pieces.add(piece.fill((byte) k));
      }
      for (int k = 0; k < pieces.size(); k++) {
        for (byte value : pieces.get(k).toArray(ValueLayout.JAVA_BYTE)) {
          assertThat(value).isEqualTo((byte) k);
        }
      }
      scratch.clear();
    }
    scratch.free();
  }

  @Test
  void littleIsKeptAndMuchIsFreed() {
    var scratch = new Scratch();
    MemorySegment small = scratch.allocate(1000, 64);
    scratch.clear();
    assertThat(small.scope().isAlive()).isTrue();
    assertThat(scratch.allocate(10, 64).address()).isEqualTo(small.address());
    MemorySegment large = scratch.allocate(50L << 20, 64);
    scratch.clear();
    assertThat(large.scope().isAlive()).isFalse();
  }

  @Test
  void tensorsAreMadeInIt() {
    var scratch = new Scratch();
    Tensor inside = Tensor.allocatingIn(scratch, () -> Tensor.allocate(DataType.FLOAT, 3).copy());
    Tensor outside = Tensor.allocate(DataType.FLOAT, 3);
    scratch.free();
    assertThat(inside.data().scope().isAlive()).isFalse();
    assertThat(outside.data().scope().isAlive()).isTrue();
  }
}
