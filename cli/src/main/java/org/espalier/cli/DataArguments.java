package org.espalier.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Shape;
import org.espalier.train.data.DataOptions;
import org.espalier.train.data.Datasets;
import org.espalier.train.data.Splits;
import org.espalier.train.data.Vocabulary;
import picocli.CommandLine.Option;

/** The options that say which data and how to read them. */
final class DataArguments {
  static final String HEADING = "%nData:%n";

  @Option(
      names = "--data",
      paramLabel = "DATA",
      description =
          "A folder or file: IDX (MNIST), CIFAR binaries, images by class (folder or zip), .npy,"
              + " .npz, .csv, .txt. 'embedded', the default, draws digits on the spot.")
  String source;

  @Option(names = "--label", paramLabel = "COLUMN", description = "The CSV column of the target.")
  String label;

  @Option(names = "--regression", description = "Targets of a table are numbers, not classes.")
  boolean regression;

  @Option(
      names = "--image-shape",
      paramLabel = "CxHxW",
      description =
          "Scale images to cover this, such as 3x224x224, and crop them at the centre; as the first"
              + " image is by default.")
  String imageShape;

  @Option(
      names = "--context",
      paramLabel = "TOKENS",
      description = "How long a language model's window is; ${DEFAULT-VALUE} by default.")
  @Range(from = 1)
  int context = 128;

  @Option(
      names = "--tokens",
      paramLabel = "UNIT",
      description =
          "What a text is cut into: ${COMPLETION-CANDIDATES}; ${DEFAULT-VALUE} by default.")
  Vocabulary.Unit tokens = Vocabulary.Unit.CHARACTER;

  @Option(
      names = "--vocabulary",
      paramLabel = "FILE",
      description = "JSON with the tokens of a text; made from the training part by default.")
  Path vocabulary;

  /** Whether the user named any. */
  boolean isGiven() {
    return source != null;
  }

  /** What the user named, or the default. */
  String name() {
    return isGiven() ? source : Datasets.EMBEDDED;
  }

  /**
   * Opens data that something can't do without: digits drawn on the spot are no stand-in.
   *
   * @param what needs them, such as {@code method 'thinet'}
   */
  Splits openFor(String what) throws IOException {
    if (!isGiven()) {
      throw new InvalidInputException(
          "%s needs data: name the network's own with --data DATA (%s)"
              .formatted(what, "--data embedded for digits drawn on the spot"));
    }
    return open();
  }

  Splits open() throws IOException {
    DataOptions options = DataOptions.DEFAULT.withContext(context).withTokens(tokens);
    options = options.withRegression(regression);
    if (imageShape != null) {
      options = options.withShape(shape(imageShape));
    }
    if (label != null) {
      options = options.withLabel(label);
    }
    if (vocabulary != null) {
      options = options.withVocabulary(vocabulary);
    }
    return Datasets.open(name(), options);
  }

  private static Shape shape(String text) {
    if (!text.matches("[13](x[1-9]\\d{0,4}){2}")) {
      throw new InvalidInputException(
          "--image-shape %s: expected channels, height and width, such as 3x224x224"
              .formatted(text));
    }
    return Shape.of(Arrays.stream(text.split("x")).mapToLong(Long::parseLong).toArray());
  }
}
