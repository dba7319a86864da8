package org.espalier.train.data;

import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.ProviderNotFoundException;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import java.util.zip.ZipException;
import org.espalier.graph.InvalidInputException;

/**
 * Opens data in any format that is known, told by names and first bytes: IDX (MNIST and its kin,
 * gzipped or not), CIFAR-10 and CIFAR-100 binaries, folders and zips of images by class, NumPy's
 * {@code .npy} and {@code .npz}, CSV, and text for language models. {@code embedded} names digits
 * that are drawn on the spot.
 */
public final class Datasets {
  /** The name of the generated set. */
  public static final String EMBEDDED = "embedded";

  private Datasets() {}

  /** Opens {@code embedded}, a file or a folder, with every option at its default. */
  public static Splits open(String source) throws IOException {
    return open(source, DataOptions.DEFAULT);
  }

  /**
   * Opens {@code embedded}, a file or a folder.
   *
   * @throws InvalidInputException where nothing is there, no format fits, or the data are damaged
   */
  public static Splits open(String source, DataOptions options) throws IOException {
    return source.equals(EMBEDDED)
        ? normalized(Digits.splits(12_000, 2_000, 0))
        : open(Path.of(source), options);
  }

  /** Opens a file or a folder. */
  public static Splits open(Path path, DataOptions options) throws IOException {
    if (!Files.exists(path)) {
      throw new InvalidInputException(path + ": no such file or folder");
    }
    Splits splits = Files.isDirectory(path) ? folder(path, options) : file(path, options);
    return normalized(splits);
  }

  private static Splits folder(Path folder, DataOptions options) throws IOException {
    List<Path> files;
    List<Path> folders;
    try (Stream<Path> entries = Files.list(folder)) {
      List<Path> all = entries.filter(entry -> !name(entry).startsWith(".")).sorted().toList();
      files = all.stream().filter(Files::isRegularFile).toList();
      folders = all.stream().filter(Files::isDirectory).toList();
    }
    if (files.isEmpty() && folders.isEmpty()) {
      throw new InvalidInputException(folder + ": the folder is empty");
    }
    if (files.stream().anyMatch(file -> Idx.isImages(name(file)))) {
      return Idx.splits(folder, files);
    }
    if (files.stream().anyMatch(file -> Cifar.isPart(name(file)))) {
      return Cifar.splits(folder, files);
    }
    if (!folders.isEmpty() && ImageFolder.hasImages(folders)) {
      return ImageFolder.splits(folder.toString(), folder, options);
    }
    if (files.stream().anyMatch(file -> name(file).endsWith(".npy"))) {
      return NumpyArrays.folder(folder, files, options);
    }
    if (files.stream().anyMatch(file -> name(file).endsWith(".csv"))) {
      return CsvTable.folder(folder, files, options);
    }
    if (files.stream().anyMatch(file -> name(file).endsWith(".txt"))) {
      return TextFiles.folder(folder, files, options);
    }
    if (files.isEmpty() && folders.size() == 1) { // as archives unpack: one folder with it all
      return folder(folders.getFirst(), options);
    }
    throw new InvalidInputException(
        folder
            + ": no data in a known format; expected IDX or CIFAR files, folders of JPEG or PNG"
            + " images by class, .npy, .npz, .csv or .txt");
  }

  private static Splits file(Path file, DataOptions options) throws IOException {
    String name = name(file);
    if (Idx.isImages(name)) {
      return Idx.part(file);
    }
    if (Cifar.isPart(name)) {
      return Cifar.splits(file, List.of(file));
    }
    return switch (name.substring(name.lastIndexOf('.') + 1)) {
      case "zip" -> zip(file, options);
      case "npz" -> NumpyArrays.npz(file, options);
      case "csv" -> CsvTable.file(file, options);
      case "txt" -> TextFiles.file(file, options);
      case "npy" ->
          throw new InvalidInputException(
              file + ": one array alone; give the folder with x.npy and y.npy, or an .npz");
      default ->
          throw new InvalidInputException(
              file
                  + ": not a known format; expected IDX images, a CIFAR batch, .zip, .npz, .csv or"
                  + " .txt");
    };
  }

  private static Splits zip(Path file, DataOptions options) throws IOException {
    try (FileSystem inside = FileSystems.newFileSystem(file)) {
      Path root = inside.getPath("/");
      List<Path> folders;
      try (Stream<Path> entries = Files.list(root)) {
        folders = entries.filter(Files::isDirectory).toList();
      }
      if (!ImageFolder.hasImages(folders)) {
        throw new InvalidInputException(
            file + ": no images in folders by class, such as train/cat/1.jpg");
      }
      return ImageFolder.splits(file.toString(), root, options);
    } catch (ProviderNotFoundException | ZipException e) {
      throw new InvalidInputException(file + ": not a readable zip file: " + e.getMessage(), e);
    }
  }

  /** Images under the training part's own normalisation. */
  private static Splits normalized(Splits splits) {
    Dataset measured = splits.training().or(splits::testing).orElseThrow();
    if (!(measured instanceof ImageDataset images)) {
      return splits;
    }
    Normalization normalization = images.statistics().orPublished();
    return new Splits(
        splits.source(),
        splits.training().map(part -> ((ImageDataset) part).normalized(normalization)),
        splits.testing().map(part -> ((ImageDataset) part).normalized(normalization)));
  }

  /** The last part of a path, in lower case. */
  static String name(Path path) {
    return path.getFileName() == null ? "" : path.getFileName().toString().toLowerCase(Locale.ROOT);
  }
}
