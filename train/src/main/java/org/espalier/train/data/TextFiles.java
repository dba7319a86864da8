package org.espalier.train.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.espalier.graph.InvalidInputException;

/**
 * Text for language models: one file, its last tenth held out for testing, or a folder with files
 * named for training, validation and test. A {@code vocab.json} beside them is used.
 */
final class TextFiles {
  private TextFiles() {}

  static Splits file(Path file, DataOptions options) throws IOException {
    String text = read(file);
    if (text.length() < 20) {
      throw new InvalidInputException(
          "%s: %d characters, too few to learn from".formatted(file, text.length()));
    }
    int cut = text.offsetByCodePoints(0, (int) (text.codePointCount(0, text.length()) * 9L / 10));
    Vocabulary vocabulary = vocabulary(file, text, options);
    return Splits.of(
        file.toString(),
        dataset(file, text.substring(0, cut), options, vocabulary, true),
        dataset(file, text.substring(cut), options, vocabulary, false));
  }

  static Splits folder(Path folder, List<Path> files, DataOptions options) throws IOException {
    List<Path> texts = files.stream().filter(f -> Datasets.name(f).endsWith(".txt")).toList();
    Optional<Path> test = named(texts, "test");
    Optional<Path> train = named(texts, "train");
    if (train.isEmpty()) {
      train = named(texts, "valid");
    } else if (test.isEmpty()) {
      test = named(texts, "valid");
    }
    if (train.isPresent() && test.isPresent()) {
      String learned = read(train.get());
      String judged = read(test.get());
      // Characters of both: a rare one in the test text should cost its odds, not the run.
      String known = options.tokens() == Vocabulary.Unit.CHARACTER ? learned + judged : learned;
      Vocabulary vocabulary = vocabulary(train.get(), known, options);
      return Splits.of(
          folder.toString(),
          dataset(train.get(), learned, options, vocabulary, true),
          dataset(test.get(), judged, options, vocabulary, false));
    }
    if (texts.size() == 1) {
      return file(texts.getFirst(), options);
    }
    throw new InvalidInputException(
        "%s: which text to learn from and which to test on? Expected file names with 'train' and"
                .formatted(folder)
            + " 'test'");
  }

  private static Optional<Path> named(List<Path> files, String part) {
    return files.stream().filter(file -> Datasets.name(file).contains(part)).findFirst();
  }

  private static Vocabulary vocabulary(Path beside, String text, DataOptions options)
      throws IOException {
    Path given = options.vocabulary().orElse(beside.resolveSibling("vocab.json"));
    return options.vocabulary().isPresent() || Files.exists(given)
        ? Vocabulary.read(given)
        : Vocabulary.from(text, options.tokens());
  }

  private static Dataset dataset(
      Path file, String text, DataOptions options, Vocabulary vocabulary, boolean shifted) {
    try {
      return TextDataset.of(text, options.context(), vocabulary, shifted);
    } catch (InvalidInputException e) {
      throw new InvalidInputException(file + ": " + e.getMessage(), e);
    }
  }

  private static String read(Path file) throws IOException {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(Files.readAllBytes(file)))
          .toString();
    } catch (CharacterCodingException e) {
      throw new InvalidInputException(file + ": not UTF-8 text", e);
    }
  }
}
