package org.espalier.train.data;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.espalier.graph.InvalidInputException;

/**
 * CIFAR's binary version: records of a label (for CIFAR-100 a coarse and a fine one) and 3072
 * bytes, an image of 3x32x32.
 */
final class Cifar {
  private static final Pattern PART =
      Pattern.compile("data_batch_\\d+\\.bin|test_batch\\.bin|train\\.bin|test\\.bin");
  private static final int IMAGE = 3 * 32 * 32;

  private Cifar() {}

  /** Whether a file of this name, in lower case, is a part of CIFAR. */
  static boolean isPart(String name) {
    return PART.matcher(name).matches();
  }

  static Splits splits(Path source, List<Path> files) throws IOException {
    List<Path> parts = files.stream().filter(file -> isPart(Datasets.name(file))).toList();
    boolean hundred =
        parts.stream().map(Datasets::name).anyMatch(name -> name.matches("(train|test)\\.bin"));
    Path folder = Files.isDirectory(source) ? source : source.toAbsolutePath().getParent();
    List<String> names = names(folder, hundred);
    return new Splits(
        source.toString(),
        read(parts.stream().filter(file -> !isTest(file)).toList(), hundred, names),
        read(parts.stream().filter(Cifar::isTest).toList(), hundred, names));
  }

  private static boolean isTest(Path file) {
    return Datasets.name(file).startsWith("test");
  }

  private static Optional<Dataset> read(List<Path> files, boolean hundred, List<String> names)
      throws IOException {
    int labelBytes = hundred ? 2 : 1;
    var images = new ArrayList<byte[]>();
    var labels = new ArrayList<Integer>();
    for (Path file : files) {
      long bytes = Files.size(file);
      if (bytes == 0 || bytes % (labelBytes + IMAGE) != 0) {
        throw new InvalidInputException(
            "%s: %d bytes, expected a multiple of %d (label and image of 3x32x32)"
                .formatted(file, bytes, labelBytes + IMAGE));
      }
      try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
        for (long k = 0; k < bytes / (labelBytes + IMAGE); k++) {
          int label = in.readNBytes(labelBytes)[labelBytes - 1] & 0xff;
          if (label >= names.size()) {
            throw new InvalidInputException(
                "%s: record %d has label %d, expected 0 to %d"
                    .formatted(file, k, label, names.size() - 1));
          }
          labels.add(label);
          images.add(in.readNBytes(IMAGE));
        }
      }
    }
    return files.isEmpty()
        ? Optional.empty()
        : Optional.of(
            ImageDataset.of(
                images.toArray(byte[][]::new),
                labels.stream().mapToInt(Integer::intValue).toArray(),
                3,
                32,
                32,
                names));
  }

  /** The names in the text file that comes with the data, or numbers. */
  private static List<String> names(Path folder, boolean hundred) throws IOException {
    int classes = hundred ? 100 : 10;
    Path file = folder.resolve(hundred ? "fine_label_names.txt" : "batches.meta.txt");
    if (Files.exists(file)) {
      List<String> names =
          Files.readAllLines(file, StandardCharsets.UTF_8).stream()
              .map(String::strip)
              .filter(line -> !line.isEmpty())
              .toList();
      if (names.size() == classes) {
        return names;
      }
    }
    return IntStream.range(0, classes).mapToObj(Integer::toString).toList();
  }
}
