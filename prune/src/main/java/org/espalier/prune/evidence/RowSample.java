package org.espalier.prune.evidence;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.torch.Libtorch;

/**
 * Some rows out of any number that come by. Whether one is kept follows from a hash of its number:
 * at first all are; whenever there are too many, half of them go.
 */
final class RowSample {
  private static final int MOST = 2048;

  /** Kept rows [groups, count, columns], and the hashes of their numbers. */
  private record Part(org.espalier.graph.Tensor rows, long[] hashes) {}

  private List<Part> parts = new ArrayList<>();
  private long seen;
  private long mask;

  /** Takes in rows [groups, rows, columns]. */
  void add(Tensor x) {
    var hashes = new long[(int) x.size(1)];
    for (int k = 0; k < hashes.length; k++) {
      hashes[k] = hash(seen++);
    }
    // Thinned before rows are copied: a convolution has a hundred thousand in a batch.
    long before = mask;
    while (parts.stream().mapToLong(part -> count(part.hashes())).sum() + count(hashes) > MOST) {
      mask = mask << 1 | 1;
    }
    if (mask != before) {
      thin();
    }
    kept(x, hashes).ifPresent(parts::add);
  }

  private long count(long... hashes) {
    return Arrays.stream(hashes).filter(hash -> (hash & mask) == 0).count();
  }

  private void thin() {
    var fewer = new ArrayList<Part>();
    for (Part part : parts) {
      try (var _ = new PointerScope()) {
        kept(Libtorch.view(part.rows()), part.hashes()).ifPresent(fewer::add);
      }
    }
    parts = fewer;
  }

  private Optional<Part> kept(Tensor x, long[] hashes) {
    long[] places = new long[hashes.length];
    long[] left = new long[hashes.length];
    int count = 0;
    for (int k = 0; k < hashes.length; k++) {
      if ((hashes[k] & mask) == 0) {
        places[count] = k;
        left[count++] = hashes[k];
      }
    }
    if (count == 0) {
      return Optional.empty();
    }
    var chosen = org.espalier.graph.Tensor.of(Arrays.copyOf(places, count), count);
    Tensor rows = x.index_select(1, Libtorch.view(chosen)).to(ScalarType.Float);
    return Optional.of(new Part(Libtorch.copy(rows), Arrays.copyOf(left, count)));
  }

  /** The finalizer of SplitMix64. */
  private static long hash(long number) {
    long mixed = (number + 1) * 0x9E3779B97F4A7C15L;
    mixed = (mixed ^ mixed >>> 30) * 0xBF58476D1CE4E5B9L;
    mixed = (mixed ^ mixed >>> 27) * 0x94D049BB133111EBL;
    return mixed ^ mixed >>> 31;
  }

  /** All that are kept: FLOAT [groups, rows, columns]. */
  org.espalier.graph.Tensor rows() {
    try (var _ = new PointerScope()) {
      var all = new TensorVector();
      parts.forEach(part -> all.push_back(Libtorch.view(part.rows())));
      return Libtorch.copy(torch.cat(all, 1));
    }
  }
}
