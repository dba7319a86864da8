package org.espalier.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TensorTest {
  private static Tensor raw(DataType type, long elements, int... bytes) {
    byte[] data = new byte[bytes.length];
    for (int k = 0; k < bytes.length; k++) {
      data[k] = (byte) bytes[k];
    }
    return Tensor.of(type, new long[] {elements}, MemorySegment.ofArray(data));
  }

  @Test
  void aReleasedFileIsReadAgain(@TempDir Path folder) throws IOException {
    byte[] bytes = new byte[1 << 17];
    SeededRandom.fresh().nextBytes(bytes);
    Path file = Files.write(folder.resolve("weights"), bytes);
    try (FileChannel channel = FileChannel.open(file);
        Arena arena = Arena.ofConfined()) {
      MemorySegment mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, bytes.length, arena);
      Tensor tensor = Tensor.of(DataType.UINT8, new long[] {bytes.length}, mapped);
      tensor.release();
      assertThat(tensor.data().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(bytes);
    }
    Tensor own = Tensor.of(new float[1 << 17], 1 << 17);
    own.release();
    assertThat(own.nonzeros()).isZero();
  }

  /** The landmarks of each format: one, largest, smallest, signs and what isn't a number. */
  @ParameterizedTest
  @CsvSource({
    "FLOAT8E4M3FN,    0x38, 1",
    "FLOAT8E4M3FN,    0x7e, 448",
    "FLOAT8E4M3FN,    0x01, 0.001953125",
    "FLOAT8E4M3FN,    0xff, NaN",
    "FLOAT8E4M3FNUZ,  0x40, 1",
    "FLOAT8E4M3FNUZ,  0x7f, 240",
    "FLOAT8E4M3FNUZ,  0x80, NaN",
    "FLOAT8E5M2,      0x3c, 1",
    "FLOAT8E5M2,      0x7b, 57344",
    "FLOAT8E5M2,      0xfc, -Infinity",
    "FLOAT8E5M2,      0x7d, NaN",
    "FLOAT8E5M2FNUZ,  0x40, 1",
    "FLOAT8E5M2FNUZ,  0x7f, 57344",
    "FLOAT8E5M2FNUZ,  0x80, NaN",
    "FLOAT8E8M0,      0x7f, 1",
    "FLOAT8E8M0,      0x80, 2",
    "FLOAT8E8M0,      0xff, NaN",
    "INT8,            0xff, -1",
    "UINT8,           0xff, 255",
    "BOOL,            0x01, 1",
  })
  void aByteIsRead(DataType type, String bits, double expected) {
    assertThat(raw(type, 1, Integer.decode(bits)).realAt(0)).isEqualTo((Double) expected);
  }

  @Test
  void packedTypesStartInTheLowBits() {
    Tensor signed = raw(DataType.INT4, 3, 0x7f, 0x08);
    assertThat(signed.integers()).containsExactly(-1, 7, -8);
    assertThat(raw(DataType.UINT4, 3, 0x7f, 0x08).integers()).containsExactly(15, 7, 8);
    assertThat(raw(DataType.INT2, 5, 0b11_10_01_00, 0b10).integers())
        .containsExactly(0, 1, -2, -1, -2);
    assertThat(raw(DataType.UINT2, 4, 0b11_10_01_00).integers()).containsExactly(0, 1, 2, 3);
    assertThat(raw(DataType.FLOAT4E2M1, 4, 0x71, 0xf2).floats()).containsExactly(0.5f, 6, 1, -6);
  }

  @Test
  void halvesAgreeWithTheJdk() {
    var random = SeededRandom.fresh();
    for (int k = 0; k < 1000; k++) {
      short bits = (short) random.nextInt();
      Tensor half = raw(DataType.FLOAT16, 1, bits & 0xff, bits >> 8 & 0xff);
      assertThat(half.floatAt(0)).isEqualTo((Float) Float.float16ToFloat(bits));
      Tensor brain = raw(DataType.BFLOAT16, 1, bits & 0xff, bits >> 8 & 0xff);
      assertThat(brain.floatAt(0)).isEqualTo((Float) Float.intBitsToFloat(bits << 16));
    }
  }

  /** Sizes around those of the pieces in which elements are counted. */
  @Test
  void someElementsAreAPartOfAll() {
    for (int size : new int[] {1, 8191, 8192, 8193, 16_411}) {
      Tensor tensor = SeededRandom.fresh().gaussian(size);
      tensor.setFloat(size / 2, 0);
      tensor.setFloat(0, Float.NaN);
      assertThat(tensor.nonzeros()).isEqualTo(size == 1 ? 1 : size - 1);
      int first = size / 3;
      assertThat(tensor.floats(first, size - first))
          .isEqualTo(Arrays.copyOfRange(tensor.floats(), first, size));
    }
    assertThat(Tensor.of(new double[] {1, 2, 3}, 3).floats(1, 2)).containsExactly(2, 3);
  }

  @Test
  void unsignedLongsStayAboveZero() {
    Tensor largest = raw(DataType.UINT64, 1, 255, 255, 255, 255, 255, 255, 255, 255);
    assertThat(largest.realAt(0)).isEqualTo(0x1p64);
  }

  @Test
  void memoryOfOurOwnIsAligned() {
    for (int size : new int[] {0, 1, 7, 1021}) {
      Tensor tensor = Tensor.allocate(DataType.FLOAT, size);
      assertThat(tensor.data().address() % Tensor.ALIGNMENT).isZero();
      assertThat(tensor.nonzeros()).isZero();
    }
  }

  @Test
  void aCopyIsEqualAndApart() {
    Tensor original = SeededRandom.fresh().gaussian(3, 5);
    Tensor copy = original.copy();
    assertThat(copy).isEqualTo(original);
    copy.setFloat(7, 42);
    assertThat(copy).isNotEqualTo(original);
    assertThat(original.reshape(15)).isNotEqualTo(original);
    assertThat(original.reshape(5, 3).floats()).isEqualTo(original.floats());
  }

  @Test
  void sizesThatDoNotFitAreErrors() {
    assertThatThrownBy(() -> raw(DataType.FLOAT, 2, 1, 2, 3))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("3 bytes of data for a FLOAT tensor of shape [2], expected 8");
    assertThatThrownBy(() -> Tensor.elements(1L << 40, 1L << 40))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("over 2^63 elements");
    assertThatThrownBy(() -> Tensor.of(new float[6], 2, 3).reshape(4))
        .hasMessage("FLOAT [2, 3] can't be reshaped to [4]");
    assertThatThrownBy(() -> Tensor.allocate(DataType.FLOAT, -1))
        .isInstanceOf(InvalidInputException.class);
  }

  @Test
  void sparseFormsBecomeTheSameDenseTensor() {
    Tensor values = Tensor.of(new float[] {5, 7}, 2);
    Shape shape = Shape.of(2, 3);
    var flat = new SparseTensor(values, Tensor.of(new long[] {1, 5}, 2), shape);
    var coordinates = new SparseTensor(values, Tensor.of(new long[] {0, 1, 1, 2}, 2, 2), shape);
    assertThat(flat.toDense().floats()).containsExactly(0, 5, 0, 0, 0, 7);
    assertThat(coordinates.toDense()).isEqualTo(flat.toDense());
    var outside = new SparseTensor(values, Tensor.of(new long[] {1, 6}, 2), shape);
    assertThatThrownBy(outside::toDense).hasMessageContaining("has a value at 6");
    assertThatThrownBy(() -> new SparseTensor(values, Tensor.of(new long[] {1}, 1), shape))
        .isInstanceOf(InvalidInputException.class);
  }

  @Test
  void textIsKeptAsBytes() {
    Tensor text = Tensor.ofStrings(List.of(Bytes.utf8("é"), Bytes.EMPTY), 2);
    assertThat(text.strings()).extracting(Bytes::toString).containsExactly("é", "");
    assertThat(text.size()).isEqualTo(2);
  }
}
