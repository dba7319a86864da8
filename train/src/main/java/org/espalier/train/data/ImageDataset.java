package org.espalier.train.data;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;

/**
 * Images of one size with a class each, kept as bytes: an image is [channels, height, width], a
 * byte a pixel. They are normalised, and augmented where wanted, as they are drawn.
 */
public final class ImageDataset implements Dataset {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private final byte[][] images;
  private final int[] labels;
  private final int channels;
  private final int height;
  private final int width;
  private final List<String> classNames;
  private final Normalization normalization;
  private final Augmentation augmentation;
  private final float[][] values;

  private ImageDataset(
      byte[][] images,
      int[] labels,
      int channels,
      int height,
      int width,
      List<String> classNames,
      Normalization normalization,
      Augmentation augmentation) {
    this.images = images;
    this.labels = labels;
    this.channels = channels;
    this.height = height;
    this.width = width;
    this.classNames = List.copyOf(classNames);
    this.normalization = normalization;
    this.augmentation = augmentation;
    this.values = new float[channels][256];
    for (int c = 0; c < channels; c++) {
      for (int pixel = 0; pixel < 256; pixel++) {
        values[c][pixel] =
            (float) ((pixel / 255.0 - normalization.mean().get(c)) / normalization.std().get(c));
      }
    }
  }

  /**
   * Images in parts of 255. The arrays are taken over, not copied.
   *
   * @throws InvalidInputException where counts, sizes or labels don't fit each other
   */
  public static ImageDataset of(
      byte[][] images, int[] labels, int channels, int height, int width, List<String> classNames) {
    if (images.length == 0 || images.length != labels.length) {
      throw new InvalidInputException(
          "%d images with %d labels".formatted(images.length, labels.length));
    }
    for (int k = 0; k < images.length; k++) {
      if (images[k].length != channels * height * width) {
        throw new InvalidInputException(
            "image %d has %d bytes, expected %d x %d x %d"
                .formatted(k, images[k].length, channels, height, width));
      }
      if (labels[k] < 0 || labels[k] >= classNames.size()) {
        throw new InvalidInputException(
            "example %d has label %d, expected 0 to %d"
                .formatted(k, labels[k], classNames.size() - 1));
      }
    }
    return new ImageDataset(
        images,
        labels,
        channels,
        height,
        width,
        classNames,
        Normalization.none(channels),
        Augmentation.NONE);
  }

  /** The same images under another normalisation. */
  public ImageDataset normalized(Normalization normalization) {
    if (normalization.mean().size() != channels) {
      throw new InvalidInputException(
          "a normalisation for %d channels, the images have %d"
              .formatted(normalization.mean().size(), channels));
    }
    return new ImageDataset(
        images, labels, channels, height, width, classNames, normalization, augmentation);
  }

  /** The same images, changed by chance whenever they are drawn. */
  public ImageDataset augmented(Augmentation augmentation) {
    return new ImageDataset(
        images, labels, channels, height, width, classNames, normalization, augmentation);
  }

  public Normalization normalization() {
    return normalization;
  }

  /** Mean and deviation of each channel over all images, rounded to four digits. */
  public Normalization statistics() {
    var means = new ArrayList<Double>();
    var deviations = new ArrayList<Double>();
    int plane = height * width;
    for (int c = 0; c < channels; c++) {
      long sum = 0;
      long squares = 0;
      for (byte[] image : images) {
        for (int k = c * plane; k < (c + 1) * plane; k++) {
          int pixel = image[k] & 0xff;
          sum += pixel;
          squares += (long) pixel * pixel;
        }
      }
      double count = (double) plane * images.length;
      double mean = sum / count;
      double variance = squares / count - mean * mean;
      means.add(rounded(mean / 255));
      deviations.add(Math.max(rounded(Math.sqrt(Math.max(variance, 0)) / 255), 1e-4));
    }
    return new Normalization(means, deviations);
  }

  private static double rounded(double value) {
    return Math.round(value * 1e4) / 1e4;
  }

  @Override
  public int size() {
    return images.length;
  }

  @Override
  public long[] exampleShape() {
    return new long[] {channels, height, width};
  }

  @Override
  public int classes() {
    return classNames.size();
  }

  @Override
  public List<String> classNames() {
    return classNames;
  }

  /** The class of an example. */
  public int label(int index) {
    return labels[index];
  }

  /** A copy of an image's bytes, [channels, height, width]. */
  public byte[] pixels(int index) {
    return images[index].clone();
  }

  @Override
  public void fill(int[] indices, long seed, Tensor inputs, Tensor targets) {
    var random = new SplittableRandom(seed);
    float[] example = new float[channels * height * width];
    MemorySegment out = inputs.data();
    for (int k = 0; k < indices.length; k++) {
      byte[] image = images[indices[k]];
      if (augmentation.equals(Augmentation.NONE)) {
        copy(image, example);
      } else {
        int border = augmentation.border();
        int dy = random.nextInt(2 * border + 1) - border;
        int dx = random.nextInt(2 * border + 1) - border;
        copy(image, dy, dx, augmentation.flip() && random.nextBoolean(), example);
      }
      MemorySegment.copy(example, 0, out, FLOAT, 4L * k * example.length, example.length);
      targets.data().set(ValueLayout.JAVA_LONG_UNALIGNED, 8L * k, labels[indices[k]]);
    }
  }

  private void copy(byte[] image, float[] example) {
    int plane = height * width;
    for (int c = 0; c < channels; c++) {
      float[] value = values[c];
      for (int k = c * plane; k < (c + 1) * plane; k++) {
        example[k] = value[image[k] & 0xff];
      }
    }
  }

  private void copy(byte[] image, int dy, int dx, boolean flip, float[] example) {
    for (int c = 0; c < channels; c++) {
      float[] value = values[c];
      for (int y = 0; y < height; y++) {
        int to = (c * height + y) * width;
        int from = (c * height + y + dy) * width;
        boolean outside = y + dy < 0 || y + dy >= height;
        for (int x = 0; x < width; x++) {
          int column = (flip ? width - 1 - x : x) + dx;
          example[to + x] =
              outside || column < 0 || column >= width
                  ? value[0]
                  : value[image[from + column] & 0xff];
        }
      }
    }
  }

  @Override
  public ImageDataset subset(int... indices) {
    byte[][] chosen = Arrays.stream(indices).mapToObj(k -> images[k]).toArray(byte[][]::new);
    int[] theirs = Arrays.stream(indices).map(k -> labels[k]).toArray();
    return new ImageDataset(
        chosen, theirs, channels, height, width, classNames, normalization, augmentation);
  }

  @Override
  public ImageDataset slice(int from, int to) {
    return subset(IntStream.range(from, to).toArray());
  }

  @Override
  public String hash() {
    var digest = new Digest().add(channels).add(height).add(width);
    for (int k = 0; k < images.length; k++) {
      digest.add(labels[k]).add(images[k]);
    }
    return digest.hex();
  }
}
