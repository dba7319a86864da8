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
 * @param label the column of a CSV file with the target; else one named label, class, target or y,
 *     or the last
 * @param regression whether targets are real numbers, in CSV and NumPy files
 * @param context how many tokens of a text a window has
 * @param tokens what a token of a text is
 * @param vocabulary a JSON file with the tokens of a text in order, or their numbers; else made
 *     from the training part
 */
public record DataOptions(
    Optional<Shape> shape,
    Optional<String> label,
    boolean regression,
    int context,
    Vocabulary.Unit tokens,
    Optional<Path> vocabulary) {
  public static final DataOptions DEFAULT =
      new DataOptions(
          Optional.empty(),
          Optional.empty(),
          false,
          128,
          Vocabulary.Unit.CHARACTER,
          Optional.empty());

  public DataOptions {
    if (context < 1) {
      throw new InvalidInputException("a context of " + context + " tokens, expected 1 or more");
    }
  }

  public DataOptions withShape(Shape shape) {
    return new DataOptions(Optional.of(shape), label, regression, context, tokens, vocabulary);
  }

  public DataOptions withLabel(String label) {
    return new DataOptions(shape, Optional.of(label), regression, context, tokens, vocabulary);
  }

  public DataOptions withRegression(boolean regression) {
    return new DataOptions(shape, label, regression, context, tokens, vocabulary);
  }

  public DataOptions withContext(int context) {
    return new DataOptions(shape, label, regression, context, tokens, vocabulary);
  }

  public DataOptions withTokens(Vocabulary.Unit tokens) {
    return new DataOptions(shape, label, regression, context, tokens, vocabulary);
  }

  public DataOptions withVocabulary(Path vocabulary) {
    return new DataOptions(shape, label, regression, context, tokens, Optional.of(vocabulary));
  }
}
