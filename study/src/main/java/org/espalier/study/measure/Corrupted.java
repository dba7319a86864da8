package org.espalier.study.measure;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.espalier.graph.Tensor;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.Seeds;

/** Examples spoilt as they are drawn; the same example always in the same way. */
record Corrupted(Dataset whole, ValueRange range, Corruption corruption, int severity, long seed)
    implements Dataset {
  @Override
  public int size() {
    return whole.size();
  }

  @Override
  public long[] exampleShape() {
    return whole.exampleShape();
  }

  @Override
  public int classes() {
    return whole.classes();
  }

  @Override
  public long[] targetShape() {
    return whole.targetShape();
  }

  @Override
  public List<String> classNames() {
    return whole.classNames();
  }

  @Override
  public void fill(int[] indices, long seed, Tensor inputs, Tensor targets) {
    whole.fill(indices, seed, inputs, targets);
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
    return "%s %s %d %d".formatted(whole.hash(), corruption, severity, seed);
  }
}
