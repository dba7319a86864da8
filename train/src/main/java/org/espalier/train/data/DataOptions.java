package org.espalier.train.data;

import java.nio.file.Path;
import java.util.Optional;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Shape;

/**
 * What a loader may be told; {@link #DEFAULT} says nothing and is right for most data.
 *
 * @param shape what an example should be, [channels, height, width] for images: they are then
 *     scaled to cover it and cropped at the centre
 * @param normalization of pixels; else measured on the training part, or the published one where
 *     the data are MNIST's or CIFAR's
 * @param label the column of a CSV file with the target; else one named label, class, target or y,
 *     or the last
 * @param regression whether targets are real numbers, in CSV and NumPy files
 * @param standardize whether features of a CSV file are brought to mean 0 and deviation 1
 * @param context how many tokens of a text a window has
 * @param tokens what a token of a text is
 * @param vocabulary a JSON file with the tokens of a text in order, or their numbers; else made
 *     from the training part
 * @param seed of what is drawn by chance: the embedded set, held-out parts
 */
public record DataOptions(
    Optional<Shape> shape,
    Optional<Normalization> normalization,
    Optional<String> label,
    boolean regression,
    boolean standardize,
    int context,
    Vocabulary.Unit tokens,
    Optional<Path> vocabulary,
    long seed) {
  public static final DataOptions DEFAULT =
      new DataOptions(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          false,
          false,
          128,
          Vocabulary.Unit.CHARACTER,
          Optional.empty(),
          0);

  public DataOptions {
    if (context < 1) {
      throw new InvalidInputException("a context of " + context + " tokens, expected 1 or more");
    }
  }

  public DataOptions withShape(Shape shape) {
    return new DataOptions(
        Optional.of(shape),
        normalization,
        label,
        regression,
        standardize,
        context,
        tokens,
        vocabulary,
        seed);
  }

  public DataOptions withNormalization(Normalization normalization) {
    return new DataOptions(
        shape,
        Optional.of(normalization),
        label,
        regression,
        standardize,
        context,
        tokens,
        vocabulary,
        seed);
  }

  public DataOptions withLabel(String label) {
    return new DataOptions(
        shape,
        normalization,
        Optional.of(label),
        regression,
        standardize,
        context,
        tokens,
        vocabulary,
        seed);
  }

  public DataOptions withRegression(boolean regression) {
    return new DataOptions(
        shape, normalization, label, regression, standardize, context, tokens, vocabulary, seed);
  }

  public DataOptions withContext(int context) {
    return new DataOptions(
        shape, normalization, label, regression, standardize, context, tokens, vocabulary, seed);
  }

  public DataOptions withTokens(Vocabulary.Unit tokens) {
    return new DataOptions(
        shape, normalization, label, regression, standardize, context, tokens, vocabulary, seed);
  }

  public DataOptions withVocabulary(Path vocabulary) {
    return new DataOptions(
        shape,
        normalization,
        label,
        regression,
        standardize,
        context,
        tokens,
        Optional.of(vocabulary),
        seed);
  }

  public DataOptions withSeed(long seed) {
    return new DataOptions(
        shape, normalization, label, regression, standardize, context, tokens, vocabulary, seed);
  }
}
