package org.espalier.train.data;

import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.SplittableRandom;
import org.espalier.graph.DataType;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;

/**
 * Windows of a text: an example is {@code context} tokens, its target the same moved on by one.
 * Windows lie side by side; in training each starts a little later, by chance, so that epochs
 * differ.
 */
final class TextDataset implements Dataset {
  private final int[] tokens;
  private final int context;
  private final Vocabulary vocabulary;
  private final boolean shifted;

  private TextDataset(int[] tokens, int context, Vocabulary vocabulary, boolean shifted) {
    this.tokens = tokens;
    this.context = context;
    this.vocabulary = vocabulary;
    this.shifted = shifted;
  }

  /**
   * Windows of this text.
   *
   * @param shifted whether starts vary by chance, for training
   */
  static TextDataset of(String text, int context, Vocabulary vocabulary, boolean shifted) {
    int[] tokens = vocabulary.encode(text);
    if (tokens.length <= context) {
      throw new InvalidInputException(
          "a text of %d tokens, expected more than the context of %d"
              .formatted(tokens.length, context));
    }
    return new TextDataset(tokens, context, vocabulary, shifted);
  }

  @Override
  public int size() {
    return (tokens.length - 1) / context;
  }

  @Override
  public DataType type() {
    return DataType.INT64;
  }

  @Override
  public long[] exampleShape() {
    return new long[] {context};
  }

  @Override
  public long[] targetShape() {
    return new long[] {context};
  }

  @Override
  public int classes() {
    return vocabulary.size();
  }

  @Override
  public List<String> classNames() {
    return vocabulary.tokens();
  }

  @Override
  public void fill(int[] indices, long seed, Tensor inputs, Tensor targets) {
    var random = new SplittableRandom(seed);
    for (int k = 0; k < indices.length; k++) {
      int start = indices[k] * context;
      if (shifted) {
        start = Math.min(start + random.nextInt(context), tokens.length - 1 - context);
      }
      for (int t = 0; t < context; t++) {
        long at = 8L * ((long) k * context + t);
        inputs.data().set(ValueLayout.JAVA_LONG_UNALIGNED, at, tokens[start + t]);
        targets.data().set(ValueLayout.JAVA_LONG_UNALIGNED, at, tokens[start + t + 1]);
      }
    }
  }

  @Override
  public String hash() {
    var digest = new Digest().add(context).add(String.join("\0", vocabulary.tokens()));
    for (int token : tokens) {
      digest.add(token);
    }
    return digest.hex();
  }
}
