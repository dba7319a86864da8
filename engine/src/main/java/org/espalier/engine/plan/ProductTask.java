package org.espalier.engine.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.espalier.engine.kernel.Bounds;
import org.espalier.engine.kernel.Curve;
import org.espalier.engine.kernel.Kernels;
import org.espalier.engine.kernel.Strips;
import org.espalier.engine.kernel.WeightMatrix;
import org.espalier.engine.plan.WarmUp.Loop;
import org.espalier.graph.Tensor;

/**
 * A product with constant weights, before it's decided how to run it.
 *
 * @param name what packed weights are remembered by
 * @param weights {@code rows x (groupChannels * taps)}
 * @param rows output channels of all groups
 * @param geometry of the window and of an image; a linear layer is a 1x1 window over a row
 */
record ProductTask(
    String name,
    WeightMatrix weights,
    float[] bias,
    int rows,
    int groups,
    int groupChannels,
    Geometry geometry) {

  /** Bytes of input that a block of channels may take in the first cache, of 32 kB or more. */
  private static final int CACHED = 24 * 1024;

  /** Bytes of input and output of a band that may stay in the second cache. */
  private static final int BAND_BYTES = 320 * 1024;

  /** Non-zeros that a strip should have in a block, to be worth loading and storing its sums. */
  private static final int WORTH = 20;

  /** Input channels of a block, unless more fit in the first cache. */
  private static final int MOST_CHANNELS = 384;

  /**
   * Columns of a block of dense strips, at most: sums of more are less exact, and those of images
   * take 2 to 3% longer, as what is packed stays in the first cache less.
   */
  private static final int MOST_DENSE = 192;

  /**
   * Sparser rows than this, of so many channels, take narrow tiles: twice as many channels fit in
   * the first cache, so that sums come and go half as often. A weight is then read twice as often.
   */
  private static final double NARROW = 0.12;

  private static final int NARROW_CHANNELS = 512;
  private static final int NARROW_TILE = 4;

  /** Multiply-adds on each packed column from which a copy for each row of the window pays. */
  private static final double EACH_ROW = 24;

  /** What follows the product. */
  record After(Optional<Slot> residual, Bounds bounds, Optional<Curve> curve) {}

  /**
   * One way to run the product.
   *
   * @param height rows of a strip
   * @param dense whether columns of zeros are kept
   * @param columns kept columns of all strips
   */
  record Way(int height, boolean dense, long columns) {
    String label() {
      return dense ? "dense" : height == 1 ? "sparse" : "sparse, %dx1 blocks".formatted(height);
    }

    /** The way as something to be timed; {@code out} are the result's dimensions. */
    Tuner.Trial trial(ProductTask task, long[] out, Function<Planner, Home.InMemory> build) {
      double pixels = (double) Tensor.elements(out) / task.rows();
      return new Tuner.Trial(
          label(),
          List.of(height == 1 ? Loop.STRIP_OF_ONE : Loop.STRIP_OF_FOUR),
          cost() * pixels / 8,
          build);
    }

    /** Multiply-adds of weights, relative to those of a dense product in the tallest strips. */
    double cost() {
      double speed = dense ? 1 : height == 1 ? 0.52 : height == 2 ? 0.75 : 0.86;
      return columns * height / speed;
    }
  }

  /** Whether the input can be read as it lies, without packing. */
  boolean isPlain() {
    return geometry.isPlain();
  }

  int taps() {
    return geometry.kernelHeight() * geometry.kernelWidth();
  }

  private int groupRows() {
    return rows / groups;
  }

  private int depth() {
    return groupChannels * taps();
  }

  double density() {
    return weights.density();
  }

  /** The ways worth trying, the most promising first. */
  List<Way> ways(Kernels kernels) {
    int[] heights = kernels.heights();
    var ways = new ArrayList<Way>();
    long[] kept = weights.columns(heights);
    for (int k = 0; k < heights.length; k++) {
      int height = heights[k];
      long columns = height <= groupRows() ? kept[k] : 0;
      // Strips that lack almost no column are dense ones.
      if (columns * height < 0.95 * weights.size() && height <= Math.max(1, groupRows())) {
        ways.add(new Way(height, false, columns));
      }
    }
    int tallest = 1;
    for (int height : heights) {
      tallest = height <= groupRows() ? height : tallest;
    }
    ways.add(new Way(tallest, true, Math.ceilDiv(weights.size(), tallest)));
    ways.sort((a, b) -> Double.compare(a.cost(), b.cost()));
    double best = ways.getFirst().cost();
    ways.removeIf(way -> way.cost() > 1.5 * best);
    return ways.subList(0, Math.min(3, ways.size()));
  }

  /** Adds the step that runs the product in this way. */
  void build(Way way, Product.Source x, Product.Target y, After after, Planner planner) {
    Kernels kernels = planner.kernels();
    int lanes = kernels.lanes();
    double perColumn = (double) way.columns() * way.height() / weights.size();
    int tile = tile(way, perColumn, kernels);
    int cached = CACHED / (4 * lanes * tile);
    double worth = way.height() == 1 ? WORTH : 2 * WORTH;
    int most = Math.max(cached, MOST_CHANNELS);
    int wanted =
        way.dense()
            ? Math.min(cached, MOST_DENSE)
            : (int) Math.clamp(worth / Math.max(perColumn, 1e-3), cached, most);
    int blockChannels = blockChannels(wanted);
    // Rows of a window share what is packed. Strips of several rows gain nothing from larger bands.
    boolean shared = way.height() == 1 && geometry.kernelHeight() > 1;
    int packed = shared ? geometry.kernelWidth() * 3 / 2 : taps();
    int pixels = BAND_BYTES / 4 / (groupRows() + blockChannels * packed);
    Geometry flat = isPlain() ? geometry.flattened() : geometry;
    int threads = planner.threads();
    int image = flat.outHeight() * flat.outWidth();
    int sharing = Bands.sharing(y.images(), image, lanes, threads);
    boolean pack = !isPlain() || way.dense();
    pixels = Math.min(Math.clamp(pixels, 64, 512), Math.ceilDiv(image, sharing));
    int unit = Bands.unit(lanes, threads);
    Bands bands = Bands.of(flat.outHeight(), flat.outWidth(), pixels, unit, sharing);
    boolean reused = groupRows() * perColumn >= EACH_ROW && way.height() <= 2;
    Optional<Taps> taps =
        pack
            ? Optional.of(new Taps(flat, bands, lanes, reused && flat.outWidth() % lanes != 0))
            : Optional.empty();
    int tasks = bands.count() * y.images();
    int parts = tasks < 4 * threads && tasks % threads != 0 ? threads : 1;
    List<Slot> scratch =
        taps.map(t -> planner.scratch(Product.scratchBytes(t, blockChannels))).orElse(List.of());
    int[] cuts = cuts(blockChannels);
    int[] offsets = offsets(taps, x, blockChannels);
    String key =
        "%s %s %s %s %s".formatted(way, Arrays.hashCode(offsets), blockChannels, parts, name);
    Packed strips =
        planner.weights().packed(key, Packed.class, () -> pack(way, parts, kernels, offsets, cuts));
    var step =
        new Product(
            kernels,
            strips.parts(),
            groupChannels,
            blockChannels,
            tile,
            x,
            taps,
            bands,
            y,
            scratch,
            after.residual(),
            after.bounds(),
            // The same for all ways, and slow until the JIT compiler has come to it.
            planner.isTrial() ? Optional.empty() : after.curve());
    var touched = new ArrayList<>(List.of(x.slot(), y.slot()));
    touched.addAll(scratch);
    after.residual().ifPresent(touched::add);
    // A tile's residual is read before its sums are written.
    after.residual().filter(other -> !other.shares(x.slot())).ifPresent(y.slot()::mayReplace);
    planner.add(step, touched);
  }

  /** Input channels of a block of about {@code columns} columns; all blocks have about as many. */
  private int blockChannels(int columns) {
    int most = Math.clamp(columns / taps(), 1, groupChannels);
    return Math.ceilDiv(groupChannels, Math.ceilDiv(groupChannels, most));
  }

  /** Vectors of pixels whose sums a strip keeps in registers. */
  private int tile(Way way, double perColumn, Kernels kernels) {
    int tile = kernels.tile(way.height());
    boolean narrow =
        !way.dense()
            && way.height() == 1
            && perColumn < NARROW
            && isPlain()
            && groupChannels >= NARROW_CHANNELS;
    return narrow ? Math.min(tile, NARROW_TILE) : tile;
  }

  /** Packed weights of all parts. */
  private record Packed(List<List<Product.Group>> parts) {}

  private Packed pack(Way way, int parts, Kernels kernels, int[] offsets, int[] cuts) {
    var all = new ArrayList<List<Product.Group>>();
    int[] heights = kernels.heights();
    for (int part = 0; part < parts; part++) {
      var list = new ArrayList<Product.Group>();
      for (int group = 0; group < groups; group++) {
        int row = group * groupRows() + share(part, parts, way.height());
        int end = group * groupRows() + share(part + 1, parts, way.height());
        for (int k = heights.length - 1; k >= 0; k--) {
          int height = heights[k];
          // What is left over by full strips goes into lower ones.
          int count = height > way.height() ? 0 : (end - row) / height * height;
          if (count > 0) {
            Strips strips =
                Strips.of(weights, row, count, height, offsets, cuts, bias, way.dense());
            list.add(new Product.Group(strips, group * groupChannels));
            row += count;
          }
        }
      }
      all.add(List.copyOf(list));
    }
    return new Packed(List.copyOf(all));
  }

  /** The row of a group at which a part of it starts, on whole strips. */
  private int share(int part, int parts, int height) {
    int strips = groupRows() / height;
    return part == parts ? groupRows() : (int) ((long) strips * part / parts) * height;
  }

  /** First columns of the blocks, and the end. */
  private int[] cuts(int blockChannels) {
    int blocks = Math.ceilDiv(groupChannels, blockChannels);
    int[] cuts = new int[blocks + 1];
    for (int b = 0; b <= blocks; b++) {
      cuts[b] = Math.min(groupChannels, b * blockChannels) * taps();
    }
    return cuts;
  }

  /** Bytes from a pixel to the input of each column; packed channels count from their block. */
  private int[] offsets(Optional<Taps> taps, Product.Source x, int blockChannels) {
    int[] offsets = new int[depth()];
    int k = 0;
    for (int channel = 0; channel < groupChannels; channel++) {
      for (int row = 0; row < geometry.kernelHeight(); row++) {
        for (int column = 0; column < geometry.kernelWidth(); column++) {
          long at =
              taps.isPresent()
                  ? channel % blockChannels * taps.get().channelBytes()
                      + taps.get().offset(row, column)
                  : channel * x.channelBytes();
          offsets[k++] = Math.toIntExact(at);
        }
      }
    }
    return offsets;
  }
}
