package org.espalier.study.measure;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.espalier.graph.Tensor;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.ForwardingDataset;
import org.espalier.train.data.Seeds;

/** Examples spoilt as they are drawn; the same example always in the same way. */
final class Corrupted extends ForwardingDataset {
  private final ValueRange range;
  private final Corruption corruption;
  private final int severity;
  private final long seed;

  Corrupted(Dataset whole, ValueRange range, Corruption corruption, int severity, long seed) {
    super(whole);
    this.range = range;
    this.corruption = corruption;
    this.severity = severity;
    this.seed = seed;
  }

  @Override
  public void fill(int[] indices, long seed, Tensor inputs, Tensor targets) {
    super.fill(indices, seed, inputs, targets);
    float[] example = new float[range.size()];
    MemorySegment data = inputs.data();
    for (int k = 0; k < indices.length; k++) {
      long offset = 4L * k * example.length;
      MemorySegment.copy(
          data, ValueLayout.JAVA_FLOAT_UNALIGNED, offset, example, 0, example.length);
      corruption.apply(example, exampleShape(), range, severity, Seeds.mix(this.seed, indices[k]));
      MemorySegment.copy(
          example, 0, data, ValueLayout.JAVA_FLOAT_UNALIGNED, offset, example.length);
    }
  }

  @Override
  public String hash() {
    return "%s %s %d %d".formatted(super.hash(), corruption, severity, seed);
  }
}
