package org.espalier.prune.evidence;

import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.graph.DataType;
import org.espalier.graph.InvalidInputException;
import org.espalier.torch.Libtorch;

/**
 * Sums over the rows of a layer's input.
 *
 * <p>Products of large matrices are made in float32 for some rows at a time, and summed in float64;
 * only what is on and above the diagonal is computed.
 */
final class InputObserver {
  private static final int PANEL = 512;
  private static final int ROWS = 256;

  private final Site site;
  private final boolean statistics;
  private final boolean products;
  private final RowSample sample;
  private final Store store;
  private org.espalier.graph.Tensor gram;
  private double[] sums;
  private double[] squares;
  private double[] zeros;
  private int groups;
  private long rows;

  /**
   * @param needs which of {@link Need#INPUTS}, {@link Need#GRAM} and {@link Need#ROWS}
   */
  InputObserver(Site site, Set<Need> needs, Store store) {
    this.site = site;
    statistics = needs.contains(Need.INPUTS);
    products = needs.contains(Need.GRAM);
    sample = needs.contains(Need.ROWS) ? new RowSample() : null;
    this.store = store;
  }

  /** Takes in the data of one batch. */
  void observe(Tensor data) {
    try (var _ = new PointerScope()) {
      // A convolution's patches are many times its input: some examples at a time.
      boolean sliced = site.node().op().equals("Conv");
      long step = sliced ? Math.max(1, (4L << 20) / Math.max(1, data.numel() / data.size(0))) : 0;
      for (long first = 0; sliced && first < data.size(0); first += step) {
        try (var _ = new PointerScope()) {
          long count = Math.min(step, data.size(0) - first);
          add(site.rows(data.narrow(0, first, count)));
        }
      }
      if (!sliced) {
        add(site.rows(data));
      }
    }
  }

  private void add(Tensor x) {
    if (rows == 0) {
      groups = Math.toIntExact(x.size(0));
      int all = Math.toIntExact(groups * x.size(2));
      sums = new double[all];
      squares = new double[all];
      zeros = new double[all];
      if (products) {
        gram = store.allocate(DataType.DOUBLE, groups, x.size(2), x.size(2));
      }
    }
    rows += x.size(1);
    for (long first = 0; statistics && first < x.size(1); first += ROWS) {
      try (var _ = new PointerScope()) {
        count(x.narrow(1, first, Math.min(ROWS, x.size(1) - first)));
      }
    }
    if (sample != null) {
      sample.add(x);
    }
    if (products) {
      for (int group = 0; group < groups; group++) {
        multiply(x.select(0, group), Libtorch.view(gram).select(0, group));
      }
    }
  }

  /** Adds up a few rows, which stay in the cache meanwhile. */
  private void count(Tensor rows) {
    Tensor real = rows.to(ScalarType.Double);
    Tensor none = real.eq(new Scalar(0.0)).to(ScalarType.Double);
    add(real.sum(new long[] {1}, false, new ScalarTypeOptional()), sums);
    add(real.square().sum(new long[] {1}, false, new ScalarTypeOptional()), squares);
    add(none.sum(new long[] {1}, false, new ScalarTypeOptional()), zeros);
  }

  private static void add(Tensor part, double[] to) {
    double[] values = new double[to.length];
    part.contiguous().data_ptr_double().get(values);
    for (int k = 0; k < to.length; k++) {
      to[k] += values[k];
    }
  }

  private static void multiply(Tensor x, Tensor sum) {
    long columns = x.size(1);
    boolean coarse = columns >= PANEL && x.scalar_type().intern() == ScalarType.Float;
    long step = coarse ? ROWS : Math.max(1, (8L << 20) / columns);
    for (long first = 0; first < x.size(0); first += step) {
      try (var _ = new PointerScope()) {
        Tensor some = x.narrow(0, first, Math.min(step, x.size(0) - first));
        Tensor left = coarse ? some : some.to(ScalarType.Double);
        for (long panel = 0; panel < columns; panel += PANEL) {
          long width = Math.min(PANEL, columns - panel);
          Tensor right = left.narrow(1, panel, columns - panel);
          Tensor target = sum.narrow(0, panel, width).narrow(1, panel, columns - panel);
          target.add_(left.narrow(1, panel, width).t().mm(right));
        }
      }
    }
  }

  /** The Gram matrix; its lower triangle is filled in. */
  Gram gram() {
    checkSeen();
    try (var _ = new PointerScope()) {
      Tensor matrices = Libtorch.view(gram);
      long columns = matrices.size(1);
      for (int group = 0; group < groups; group++) {
        Tensor matrix = matrices.select(0, group);
        for (long panel = PANEL; panel < columns; panel += PANEL) {
          long width = Math.min(PANEL, columns - panel);
          Tensor lower = matrix.narrow(0, panel, width).narrow(1, 0, panel);
          lower.copy_(matrix.narrow(0, 0, panel).narrow(1, panel, width).t());
        }
      }
      checkFinite(matrices.sum().item().toDouble());
    }
    return new Gram(gram, rows);
  }

  /** Some rows: FLOAT [groups, rows, columns]. */
  org.espalier.graph.Tensor rowSample() {
    checkSeen();
    org.espalier.graph.Tensor all = sample.rows();
    try (var _ = new PointerScope()) {
      checkFinite(Libtorch.view(all).abs().sum().item().toDouble());
    }
    return all;
  }

  InputStatistics statistics() {
    checkSeen();
    double sum = 0;
    for (int k = 0; k < sums.length; k++) {
      sum += Math.abs(sums[k]) + squares[k];
    }
    checkFinite(sum);
    return new InputStatistics(groups, rows, sums, squares, zeros);
  }

  private void checkSeen() {
    if (rows == 0) {
      throw new InvalidInputException(
          "node '%s' saw no data: the calibration has no examples".formatted(site.node().label()));
    }
  }

  private void checkFinite(double sum) {
    if (!Double.isFinite(sum)) {
      throw new InvalidInputException(
          "input '%s' of node '%s' is not finite on the calibration data"
              .formatted(site.data(), site.node().label()));
    }
  }
}
