package org.espalier.train.data;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Shape;

/**
 * Images in a folder for each class, with a {@code train} and a {@code test} folder around them or
 * without. Classes are numbered in alphabetical order. Images are decoded once and kept as bytes.
 */
final class ImageFolder {
  private static final Pattern IMAGE = Pattern.compile(".*\\.(jpe?g|png|bmp|gif)");
  private static final Pattern TRAIN = Pattern.compile("train(ing)?");
  private static final Pattern TEST = Pattern.compile("test(ing)?");
  private static final Pattern VALIDATION = Pattern.compile("val(id(ation)?)?");

  static {
    ImageIO.setUseCache(false);
  }

  private record Labelled(Path file, int label) {}

  private ImageFolder() {}

  /** Whether there are images one or two levels below these folders. */
  static boolean hasImages(List<Path> folders) throws IOException {
    for (Path folder : folders) {
      try (Stream<Path> files = Files.find(folder, 2, (file, facts) -> isImage(file))) {
        if (files.findFirst().isPresent()) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean isImage(Path file) {
    return IMAGE.matcher(Datasets.name(file)).matches();
  }

  static Splits splits(String source, Path root, DataOptions options) throws IOException {
    List<Path> folders = folders(root);
    Optional<Path> train = named(folders, TRAIN);
    Optional<Path> test = named(folders, TEST).or(() -> named(folders, VALIDATION));
    if (train.isEmpty() && test.isEmpty()) {
      if (folders.size() == 1 && !folders(folders.getFirst()).isEmpty()) {
        return splits(source, folders.getFirst(), options);
      }
      List<String> names = classes(source, root);
      Raster.Form form = form(source, root, names, options);
      return Splits.undivided(source, read(source, root, names, form));
    }
    Path first = train.or(() -> test).orElseThrow();
    List<String> names = classes(source, first);
    Raster.Form form = form(source, first, names, options);
    Optional<Dataset> training = Optional.empty();
    Optional<Dataset> testing = Optional.empty();
    if (train.isPresent()) {
      training = Optional.of(read(source, train.get(), names, form));
    }
    if (test.isPresent()) {
      List<String> unknown =
          classes(source, test.get()).stream().filter(name -> !names.contains(name)).toList();
      if (!unknown.isEmpty()) {
        throw new InvalidInputException(
            "%s: '%s' has the class '%s', '%s' has not"
                .formatted(source, test.get(), unknown.getFirst(), first));
      }
      testing = Optional.of(read(source, test.get(), names, form));
    }
    return new Splits(source, training, testing);
  }

  private static List<Path> folders(Path root) throws IOException {
    try (Stream<Path> entries = Files.list(root)) {
      return entries
          .filter(entry -> Files.isDirectory(entry) && !Datasets.name(entry).startsWith("."))
          .sorted()
          .toList();
    }
  }

  private static Optional<Path> named(List<Path> folders, Pattern pattern) {
    return folders.stream().filter(folder -> pattern.matcher(plain(folder)).matches()).findFirst();
  }

  /** The folder's name in lower case; paths inside zip files end in a slash. */
  private static String plain(Path folder) {
    return Datasets.name(folder).replace("/", "");
  }

  private static List<String> classes(String source, Path part) throws IOException {
    List<String> names =
        folders(part).stream().map(f -> f.getFileName().toString().replace("/", "")).toList();
    if (names.isEmpty()) {
      throw new InvalidInputException("%s: '%s' has no folder for a class".formatted(source, part));
    }
    return names;
  }

  /** What the images become: as asked, or what the first one is. */
  private static Raster.Form form(String source, Path part, List<String> names, DataOptions options)
      throws IOException {
    Optional<Shape> shape = options.shape();
    if (shape.isPresent()) {
      long[] sizes = shape.get().sizes().orElse(new long[0]);
      if (sizes.length != 3 || (sizes[0] != 1 && sizes[0] != 3)) {
        throw new InvalidInputException(
            "%s: images can't become %s, expected [1 or 3, height, width]"
                .formatted(source, shape.get()));
      }
      return new Raster.Form((int) sizes[0], (int) sizes[1], (int) sizes[2], true);
    }
    Path first = files(part, names).getFirst().file();
    BufferedImage image = decode(source, first);
    int channels = image.getRaster().getNumBands() < 3 && !Raster.isIndexed(image) ? 1 : 3;
    return new Raster.Form(channels, image.getHeight(), image.getWidth(), false);
  }

  private static List<Labelled> files(Path part, List<String> names) throws IOException {
    var files = new ArrayList<Labelled>();
    for (int label = 0; label < names.size(); label++) {
      Path folder = part.resolve(names.get(label));
      if (Files.isDirectory(folder)) {
        int current = label;
        try (Stream<Path> entries = Files.list(folder)) {
          entries
              .filter(ImageFolder::isImage)
              .sorted()
              .forEach(file -> files.add(new Labelled(file, current)));
        }
      }
    }
    if (files.isEmpty()) {
      throw new InvalidInputException(part + ": no JPEG or PNG images in its class folders");
    }
    return files;
  }

  private static Dataset read(String source, Path part, List<String> names, Raster.Form form)
      throws IOException {
    List<Labelled> files = files(part, names);
    byte[][] images = new byte[files.size()][];
    try {
      IntStream.range(0, images.length)
          .parallel()
          .forEach(
              k -> {
                Path file = files.get(k).file();
                images[k] = Raster.bytes(decode(source, file), form, source + ": " + file);
              });
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    int[] labels = files.stream().mapToInt(Labelled::label).toArray();
    return ImageDataset.of(images, labels, form.channels(), form.height(), form.width(), names);
  }

  private static BufferedImage decode(String source, Path file) {
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    try {
      BufferedImage image = ImageIO.read(new ByteArrayInputStream(bytes));
      if (image != null) {
        return image;
      }
    } catch (IOException | RuntimeException e) { // ImageIO's readers throw anything on bad data
      throw new InvalidInputException(
          "%s: '%s' is not a readable image: %s".formatted(source, file, e.getMessage()), e);
    }
    throw new InvalidInputException("%s: '%s' is not a JPEG or PNG image".formatted(source, file));
  }
}
