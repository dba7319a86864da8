package org.espalier.train.data;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.espalier.graph.InvalidInputException;

/**
 * IDX, the format of MNIST: two zero bytes, the element type (8 is unsigned bytes), the rank, the
 * sizes as big-endian ints, the elements. Gzipped or not.
 */
final class Idx {
  private static final Pattern IMAGES =
      Pattern.compile("(.*[-_.])?(train|t10k|test)[-_]images[-_.]idx3[-_]ubyte(\\.gz)?");
  private static final int CHUNK = 1 << 20;

  private Idx() {}

  /** Whether a file of this name, in lower case, holds images. */
  static boolean isImages(String name) {
    return IMAGES.matcher(name).matches();
  }

  static Splits splits(Path folder, List<Path> files) throws IOException {
    Optional<Path> train = images(files, true);
    Optional<Path> test = images(files, false);
    Optional<ImageDataset> training = Optional.empty();
    Optional<ImageDataset> testing = Optional.empty();
    if (train.isPresent()) {
      training = Optional.of(read(train.get(), 0));
    }
    if (test.isPresent()) {
      testing = Optional.of(read(test.get(), training.map(ImageDataset::classes).orElse(0)));
    }
    if (training.isPresent()
        && testing.isPresent()
        && !Arrays.equals(training.get().exampleShape(), testing.get().exampleShape())) {
      throw new InvalidInputException(
          "%s: training images are %s, test images are %s"
              .formatted(
                  folder,
                  Arrays.toString(training.get().exampleShape()),
                  Arrays.toString(testing.get().exampleShape())));
    }
    return new Splits(folder.toString(), training.map(d -> d), testing.map(d -> d));
  }

  /** One images file with the labels beside it. */
  static Splits part(Path images) throws IOException {
    Optional<Dataset> data = Optional.of(read(images, 0));
    return isTraining(images)
        ? new Splits(images.toString(), data, Optional.empty())
        : new Splits(images.toString(), Optional.empty(), data);
  }

  private static Optional<Path> images(List<Path> files, boolean training) {
    List<Path> found =
        files.stream()
            .filter(file -> isImages(Datasets.name(file)) && isTraining(file) == training)
            .toList();
    if (found.size() > 1 && !found.get(1).toString().equals(found.getFirst() + ".gz")) {
      throw new InvalidInputException(
          "%s: which images, '%s' or '%s'? Give the file itself"
              .formatted(
                  found.getFirst().getParent(),
                  found.getFirst().getFileName(),
                  found.get(1).getFileName()));
    }
    return found.stream().findFirst();
  }

  private static boolean isTraining(Path images) {
    return Datasets.name(images).contains("train");
  }

  private static ImageDataset read(Path file, int classes) throws IOException {
    Path labelFile = labels(file);
    byte[][] rows = rows(labelFile, 1);
    int[] labels = IntStream.range(0, rows.length).map(k -> rows[k][0] & 0xff).toArray();
    int[] size = new int[2];
    byte[][] images = rows(file, 3, size);
    if (images.length != labels.length) {
      throw new InvalidInputException(
          "%s: %d images, '%s' has %d labels"
              .formatted(file, images.length, labelFile.getFileName(), labels.length));
    }
    int highest = Arrays.stream(labels).max().orElse(0);
    if (classes > 0 && highest >= classes) {
      throw new InvalidInputException(
          "%s: label %d, the training part has 0 to %d".formatted(labelFile, highest, classes - 1));
    }
    int counted = classes > 0 ? classes : Math.max(highest + 1, 10);
    List<String> names = IntStream.range(0, counted).mapToObj(Integer::toString).toList();
    return ImageDataset.of(images, labels, 1, size[0], size[1], names);
  }

  private static Path labels(Path images) {
    String name =
        images
            .getFileName()
            .toString()
            .replace("images", "labels")
            .replace("idx3", "idx1")
            .replaceFirst("\\.gz$", "");
    for (String candidate : List.of(name, name + ".gz")) {
      Path labels = images.resolveSibling(candidate);
      if (Files.exists(labels)) {
        return labels;
      }
    }
    throw new InvalidInputException(
        "%s: no labels beside it, expected '%s' or '%s.gz'".formatted(images, name, name));
  }

  private static byte[][] rows(Path file, int rank) throws IOException {
    return rows(file, rank, new int[rank - 1]);
  }

  /**
   * The elements, an array for each index of the first axis; sizes of the others go to {@code
   * inner}. Memory follows what the file holds, not what its header claims.
   */
  private static byte[][] rows(Path file, int rank, int[] inner) throws IOException {
    try (InputStream in = open(file)) {
      int magic = integer(in, file, "magic number");
      if (magic != (0x08 << 8 | rank)) {
        throw new InvalidInputException(
            "%s: magic number 0x%08x, expected 0x%08x (unsigned bytes of rank %d)"
                .formatted(file, magic, 0x08 << 8 | rank, rank));
      }
      int count = integer(in, file, "count");
      long width = 1;
      for (int k = 0; k < inner.length; k++) {
        inner[k] = integer(in, file, "size");
        width = Math.min(width * Math.max(inner[k], 0), Integer.MAX_VALUE);
      }
      if (count < 1 || width < 1 || width > CHUNK * 64L) {
        throw new InvalidInputException(
            "%s: %d elements of size %s".formatted(file, count, Arrays.toString(inner)));
      }
      byte[][] rows = new byte[Math.min(count, CHUNK)][];
      for (int k = 0; k < count; k++) {
        byte[] row = in.readNBytes((int) width);
        if (row.length < width) {
          throw new InvalidInputException(
              "%s: ends in element %d, its header promises %d".formatted(file, k, count));
        }
        if (k == rows.length) {
          rows = Arrays.copyOf(rows, (int) Math.min(2L * k, count));
        }
        rows[k] = row;
      }
      if (in.read() >= 0) {
        throw new InvalidInputException(
            "%s: goes on after the %d elements that its header promises".formatted(file, count));
      }
      return rows;
    } catch (EOFException | ZipException e) {
      throw new InvalidInputException(file + ": damaged or cut gzip data: " + e.getMessage(), e);
    }
  }

  private static InputStream open(Path file) throws IOException {
    InputStream raw = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
    if (!Datasets.name(file).endsWith(".gz")) {
      return raw;
    }
    try {
      return new BufferedInputStream(new GZIPInputStream(raw, 1 << 16), 1 << 16);
    } catch (IOException e) {
      raw.close();
      throw e;
    }
  }

  private static int integer(InputStream in, Path file, String what) throws IOException {
    byte[] bytes = in.readNBytes(Integer.BYTES);
    if (bytes.length < Integer.BYTES) {
      throw new InvalidInputException(file + ": ends before its " + what);
    }
    return ByteBuffer.wrap(bytes).getInt();
  }
}
