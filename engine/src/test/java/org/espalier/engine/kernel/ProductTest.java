package org.espalier.engine.kernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.stream.Stream;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Products of strips and packing, in every provider, against their formulas. */
class ProductTest {
  private static final float GUARD = 12345.5f;
  private static final int ROUNDS = 60;

  private final SeededRandom random = SeededRandom.fresh();

  static Stream<Kernels> providers() {
    return Stream.of(Kernels.best(), new VectorKernels(), Kernels.scalar(5));
  }

  private static MemorySegment memory(int floats) {
    return Arena.ofAuto().allocate(4L * floats, 64);
  }

  private MemorySegment filled(int floats) {
    MemorySegment memory = memory(floats);
    for (int k = 0; k < floats; k++) {
      memory.setAtIndex(JAVA_FLOAT, k, (float) random.nextGaussian());
    }
    return memory;
  }

  private static MemorySegment guarded(int floats) {
    MemorySegment memory = memory(floats);
    for (int k = 0; k < floats; k++) {
      memory.setAtIndex(JAVA_FLOAT, k, GUARD);
    }
    return memory;
  }

  @ParameterizedTest
  @MethodSource("providers")
  void stripsTimesATile(Kernels kernels) {
    for (int round = 0; round < ROUNDS; round++) {
      for (int height : kernels.heights()) {
        int vectors = 1 + random.nextInt(kernels.tile(height));
        multiply(
            kernels, height, height * (1 + random.nextInt(5)), 1 + random.nextInt(40), vectors);
      }
    }
  }

  private void multiply(Kernels kernels, int height, int rows, int columns, int vectors) {
    int pixels = vectors * kernels.lanes();
    int above = random.nextInt(3);
    double density = random.nextInt(4) / 3.0;
    float[] weights = new float[(above + rows + 1) * columns];
    for (int k = 0; k < weights.length; k++) {
      weights[k] = random.nextDouble() < density ? (float) random.nextGaussian() : 0;
    }
    float[] bias = new float[above + rows + 1];
    for (int k = 0; k < bias.length; k++) {
      bias[k] = (float) random.nextGaussian();
    }
    int[] offsets = new int[columns];
    for (int c = 0; c < columns; c++) {
      offsets[c] = 4 * (c * pixels + c % 3); // as the taps of a window: not aligned
    }
    int cut = random.nextInt(columns + 1);
    boolean dense = random.nextBoolean();
    int[] cuts = {0, cut, columns};
    var matrix = WeightMatrix.of(weights, columns);
    Strips w = Strips.of(matrix, above, rows, height, offsets, cuts, bias, dense);
    MemorySegment x = filled((columns + 1) * pixels);
    if (random.nextBoolean()) {
      x.setAtIndex(JAVA_FLOAT, random.nextInt(columns * pixels), Float.NaN);
    }
    boolean started = random.nextBoolean();
    int startRow = pixels + 3;
    MemorySegment start = filled(rows * startRow);
    int pitch = pixels + kernels.lanes();
    MemorySegment y = guarded(rows * pitch);
    var bounds = random.nextBoolean() ? Bounds.NONE : new Bounds(-0.5f, 1);
    for (int block = 0; block < w.blocks(); block++) {
      Panel from = started ? new Panel(start, 0, 4L * startRow) : null;
      kernels.product(w, block, x, 0, new Panel(y, 0, 4L * pitch), from, vectors, bounds);
    }
    for (int row = 0; row < rows; row++) {
      for (int p = 0; p < pitch; p++) {
        float actual = y.getAtIndex(JAVA_FLOAT, row * pitch + p);
        if (p >= pixels) {
          assertThat(actual).as("beyond the tile").isEqualTo(GUARD);
          continue;
        }
        double sum = bias[above + row];
        sum += started ? start.getAtIndex(JAVA_FLOAT, row * startRow + p) : 0;
        for (int c = 0; c < columns; c++) {
          float weight = weights[(above + row) * columns + c];
          // A weight of zero in a strip that keeps the column counts as one in ONNX: 0 * NaN.
          float in = x.getAtIndex(JAVA_FLOAT, offsets[c] / 4 + p);
          sum += weight == 0 && !Float.isNaN(in) ? 0 : weight == 0 ? Float.NaN : weight * in;
        }
        if (Double.isNaN(sum)) {
          continue;
        }
        assertThat(actual)
            .as("row %d of %d, pixel %d of %d, height %d", row, rows, p, pixels, height)
            .isCloseTo(bounds.clamp((float) sum), within(1e-5f * (columns + 1)));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("providers")
  void aNumberThatIsNotOneStays(Kernels kernels) {
    for (int height : kernels.heights()) {
      float[] weights = new float[height];
      weights[0] = 1;
      int lanes = kernels.lanes();
      var matrix = WeightMatrix.of(weights, 1);
      Strips w = Strips.of(matrix, 0, height, height, new int[1], new int[] {0, 1}, weights, true);
      MemorySegment x = filled(lanes);
      x.setAtIndex(JAVA_FLOAT, 0, Float.NaN);
      MemorySegment y = guarded(height * lanes);
      kernels.product(w, 0, x, 0, new Panel(y, 0, 4L * lanes), null, 1, Bounds.RELU);
      assertThat(y.getAtIndex(JAVA_FLOAT, 0)).isNaN();
    }
  }

  @ParameterizedTest
  @MethodSource("providers")
  void packing(Kernels kernels) {
    int lanes = kernels.lanes();
    for (int round = 0; round < ROUNDS; round++) {
      int stride = 1 + random.nextInt(3);
      int width = 1 + random.nextInt(3 * lanes);
      int whole = Math.ceilDiv(width, lanes) * lanes;
      int rows = 1 + random.nextInt(4);
      int channels = 1 + random.nextInt(3);
      int copies = 1 + random.nextInt(3);
      int inRow = stride * width + random.nextInt(4);
      int inChannel = rows * inRow + 2;
      int outCopy = (rows - 1) * width + whole;
      int outChannel = copies * outCopy;
      MemorySegment x = filled(channels * inChannel + 8 + stride * whole + 4 * lanes);
      MemorySegment masks = memory((1 + copies) * whole);
      MemorySegment places = Copies.places(1 + copies);
      int[] shifts = new int[copies];
      for (int copy = 0; copy < copies; copy++) {
        shifts[copy] = random.nextInt(8);
        Copies.place(places, 1 + copy, 4L * shifts[copy], 4L * copy * outCopy, 4L * copy * whole);
        for (int p = 0; p < width; p++) {
          masks.setAtIndex(JAVA_INT, (1L + copy) * whole + p, random.nextInt(4) == 0 ? 0 : -1);
        }
      }
      MemorySegment y = guarded(channels * outChannel + lanes);
      kernels.pack(
          stride,
          new Kernels.Channels(x, 0, 4L * inRow, 4L * inChannel),
          new Kernels.Channels(y, 0, 4L * width, 4L * outChannel),
          rows,
          channels,
          new Copies(places, 1, copies, masks, 4L * whole),
          width);
      for (int k = 0; k < channels * copies * rows * width; k++) {
        int channel = k / (copies * rows * width);
        int copy = k / (rows * width) % copies;
        int row = k / width % rows;
        int p = k % width;
        boolean kept = masks.getAtIndex(JAVA_INT, (1L + copy) * whole + p) != 0;
        int from = channel * inChannel + shifts[copy] + row * inRow + stride * p;
        int to = channel * outChannel + copy * outCopy + row * width + p;
        assertThat(y.getAtIndex(JAVA_FLOAT, to))
            .as("stride %d, channel %d, row %d, column %d of %d", stride, channel, row, p, width)
            .isEqualTo(kept ? x.getAtIndex(JAVA_FLOAT, from) : 0);
      }
      assertThat(y.getAtIndex(JAVA_FLOAT, (long) channels * outChannel)).isEqualTo(GUARD);
    }
  }
}
