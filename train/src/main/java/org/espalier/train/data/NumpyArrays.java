package org.espalier.train.data;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipInputStream;
import org.espalier.graph.DataType;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;

/**
 * Arrays named {@code x} and {@code y}, or {@code x_train}, {@code y_train}, {@code x_test} and
 * {@code y_test}, in an {@code .npz} file or as {@code .npy} files of a folder. Unsigned bytes of
 * [n, h, w], [n, h, w, c] or [n, c, h, w] are images; all else is taken as numbers.
 */
final class NumpyArrays {
  private static final List<String> EXAMPLES = List.of("x", "data", "images", "features", "arr_0");
  private static final List<String> TARGETS = List.of("y", "labels", "targets", "target", "arr_1");

  private NumpyArrays() {}

  static Splits npz(Path file, DataOptions options) throws IOException {
    var arrays = new LinkedHashMap<String, Tensor>();
    try (var zip = new ZipInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        String name = entry.getName().toLowerCase(Locale.ROOT);
        if (name.endsWith(".npy")) {
          arrays.put(plain(name), Npy.read(zip.readAllBytes(), file + ": '" + name + "'"));
        }
      }
    } catch (ZipException | EOFException e) {
      throw new InvalidInputException(file + ": damaged or cut: " + e.getMessage(), e);
    }
    return splits(file.toString(), arrays, options);
  }

  static Splits folder(Path folder, List<Path> files, DataOptions options) throws IOException {
    var arrays = new LinkedHashMap<String, Tensor>();
    for (Path file : files) {
      if (Datasets.name(file).endsWith(".npy")) {
        arrays.put(plain(Datasets.name(file)), Npy.read(Files.readAllBytes(file), file.toString()));
      }
    }
    return splits(folder.toString(), arrays, options);
  }

  private static String plain(String name) {
    return name.replaceFirst("\\.npy$", "");
  }

  private static Splits splits(String source, Map<String, Tensor> arrays, DataOptions options) {
    Optional<Dataset> train = part(source, arrays, "train", options);
    Optional<Dataset> test = part(source, arrays, "test", options);
    if (train.isPresent() || test.isPresent()) {
      if (train.isPresent() && test.isPresent()) {
        checkAlike(source, train.get(), test.get());
      }
      return new Splits(source, train, test);
    }
    Dataset all =
        part(source, arrays, "", options)
            .orElseThrow(
                () ->
                    new InvalidInputException(
                        "%s: arrays %s, expected x and y, or x_train, y_train, x_test and y_test"
                            .formatted(source, arrays.keySet())));
    return Splits.undivided(source, all);
  }

  private static void checkAlike(String source, Dataset train, Dataset test) {
    if (!Arrays.equals(train.exampleShape(), test.exampleShape())
        || test.classes() > train.classes()) {
      throw new InvalidInputException(
          "%s: training examples are %s of %d classes, test examples %s of %d"
              .formatted(
                  source,
                  Arrays.toString(train.exampleShape()),
                  train.classes(),
                  Arrays.toString(test.exampleShape()),
                  test.classes()));
    }
  }

  private static Optional<Dataset> part(
      String source, Map<String, Tensor> arrays, String part, DataOptions options) {
    Tensor x = find(arrays, EXAMPLES, part);
    Tensor y = find(arrays, TARGETS, part);
    if (x == null || y == null) {
      return Optional.empty();
    }
    if (x.rank() < 1 || y.rank() < 1 || x.dim(0) != y.dim(0) || x.dim(0) == 0) {
      throw new InvalidInputException(
          "%s: examples %s, targets %s: as many of both expected, 1 or more"
              .formatted(source, x, y));
    }
    return Optional.of(dataset(source, x, y, options));
  }

  private static Tensor find(Map<String, Tensor> arrays, List<String> names, String part) {
    for (String name : names) {
      for (String full :
          List.of(name + "_" + part, part + "_" + name, part.isEmpty() ? name : "")) {
        if (arrays.containsKey(full)) {
          return arrays.get(full);
        }
      }
    }
    return null;
  }

  private static Dataset dataset(String source, Tensor x, Tensor y, DataOptions options) {
    if (options.regression() || y.type().isFloat()) {
      return TensorDataset.regression(Columns.floats(x, source), Columns.floats(y, source));
    }
    if (y.size() != y.dim(0)) {
      throw new InvalidInputException(
          "%s: labels of shape %s, expected one an example".formatted(source, y.shape()));
    }
    long[] labels = y.integers();
    List<String> names = Columns.numbers(labels, source);
    return x.type() == DataType.UINT8 && x.rank() >= 3 && x.rank() <= 4
        ? images(x, labels, names)
        : TensorDataset.classified(Columns.floats(x, source), Tensor.of(labels), names);
  }

  private static Dataset images(Tensor x, long[] labels, List<String> names) {
    long[] dims = x.dims();
    boolean last = dims.length == 4 && dims[3] <= 4 && dims[1] > 4;
    int channels = (int) (dims.length == 3 ? 1 : last ? dims[3] : dims[1]);
    int height = (int) (dims.length == 3 || last ? dims[1] : dims[2]);
    int width = (int) (dims.length == 3 || last ? dims[2] : dims[3]);
    int size = channels * height * width;
    byte[][] images = new byte[(int) dims[0]][size];
    byte[] image = new byte[size];
    for (int k = 0; k < images.length; k++) {
      x.data().asSlice((long) k * size, size).asByteBuffer().get(image);
      for (int at = 0; at < size; at++) {
        images[k][last ? at % channels * height * width + at / channels : at] = image[at];
      }
    }
    int[] classes = Arrays.stream(labels).mapToInt(Math::toIntExact).toArray();
    return ImageDataset.of(images, classes, channels, height, width, names);
  }
}
