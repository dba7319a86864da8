package org.espalier.engine.plan;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import org.espalier.engine.kernel.Bounds;
import org.espalier.engine.kernel.Curve;
import org.espalier.engine.kernel.Kernels;
import org.espalier.engine.kernel.Panel;
import org.espalier.engine.kernel.Strips;

/**
 * Constant weights times the pixels of images: a convolution, or a linear layer whose rows of
 * activations are the pixels. A task is a band of an image's pixels and a part of the output
 * channels; it goes through the input channels in blocks that fit in the first cache, and does what
 * follows the product while the band is still there.
 *
 * @param parts all rows of all groups, in parts that may run at the same time
 * @param blockChannels input channels of a block; all but the last have as many
 * @param tile vectors of pixels whose sums are kept in registers, at most
 * @param taps how a band's input is packed, or empty where kernels read it as it lies
 * @param scratch where each worker packs a block
 */
record Product(
    Kernels kernels,
    List<List<Group>> parts,
    int groupChannels,
    int blockChannels,
    int tile,
    Source x,
    Optional<Taps> taps,
    Bands bands,
    Target y,
    List<Slot> scratch,
    Optional<Slot> residual,
    Bounds bounds,
    Optional<Curve> curve)
    implements Step {

  /** Strips that read the same input channels, the first of which is {@code channel}. */
  record Group(Strips strips, int channel) {}

  /** Where the input lies: bytes from channel to channel and from image to image. */
  record Source(Slot slot, long channelBytes, long imageBytes) {}

  /** Where the output goes. */
  record Target(Slot slot, int images, long channelBytes, long imageBytes) {}

  @Override
  public int tasks() {
    return y.images() * bands.count() * parts.size();
  }

  @Override
  public void run(Frame frame, int task, int worker) {
    // Tasks that a thread takes one after the other share weights.
    List<Group> part = parts.get(task / (bands.count() * y.images()));
    int band = task % bands.count();
    int image = task / bands.count() % y.images();
    MemorySegment m = frame.memory;
    long pixel = 4L * bands.firstPixel(band);
    long out = image * y.imageBytes() + pixel;
    int pixels = bands.pixels(band);
    long in = x.slot().at + image * x.imageBytes();
    // Whole rows are packed, so that the band's first pixel lies on a line of the cache.
    long lead = 4L * bands.lead(band);
    long packed = taps.isPresent() ? scratch.get(worker).at + (-lead & 63) : 0;
    int channel = -1;
    int block = -1;
    int blocks = Math.ceilDiv(groupChannels, blockChannels);
    for (int b = 0; b < blocks; b++) {
      for (Group group : part) {
        int first = group.channel() + b * blockChannels;
        if (taps.isPresent() && (first != channel || b != block)) {
          int channels = Math.min(blockChannels, groupChannels - b * blockChannels);
          long from = in + first * x.channelBytes();
          taps.get().pack(kernels, m, from, x.channelBytes(), channels, band, m, packed);
          channel = first;
          block = b;
        }
        long at =
            taps.isPresent() ? packed + lead : in + group.channel() * x.channelBytes() + pixel;
        product(m, group.strips(), b, at, out, pixels);
      }
    }
    curve.ifPresent(c -> curve(c, m, part, out, pixels));
  }

  /** Bytes of scratch memory for a worker: what is packed, from where it is aligned. */
  static long scratchBytes(Taps taps, int blockChannels) {
    return taps.channelBytes() * blockChannels + 64;
  }

  private void product(MemorySegment m, Strips w, int block, long in, long out, int pixels) {
    int vectors = Math.ceilDiv(pixels, kernels.lanes());
    int most = Math.min(tile, kernels.tile(w.height()));
    // Tiles begin on lines of the cache, as far as their width allows.
    int line = Bands.lineOf(kernels.lanes()) / kernels.lanes();
    int unit = most % line == 0 ? line : 1;
    int units = Math.ceilDiv(vectors, unit);
    int tiles = Math.ceilDiv(units, most / unit);
    long at = out + w.firstRow() * y.channelBytes();
    for (int k = 0; k < tiles; k++) {
      int first = units * k / tiles * unit;
      int count = Math.min(vectors, units * (k + 1) / tiles * unit) - first;
      long shift = 4L * first * kernels.lanes();
      kernels.product(
          w,
          block,
          m,
          in + shift,
          new Panel(m, y.slot().at + at + shift, y.channelBytes()),
          residual.isPresent()
              ? new Panel(m, residual.get().at + at + shift, y.channelBytes())
              : null,
          count,
          bounds);
    }
  }

  private void curve(Curve curve, MemorySegment m, List<Group> part, long out, int pixels) {
    for (Group group : part) {
      Strips w = group.strips();
      long at = y.slot().at + out + w.firstRow() * y.channelBytes();
      var rows = new Panel(m, at, y.channelBytes());
      kernels.curve(curve, w.rows(), rows, rows, pixels);
    }
  }
}
