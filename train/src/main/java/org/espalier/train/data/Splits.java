package org.espalier.train.data;

import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Malformed;

/**
 * A source of data in its parts: what to learn from, and what to be judged by.
 *
 * @param source where it came from, as the user named it
 * @param training what to learn from, where the source has it
 * @param testing what to be judged by, where the source has it
 */
public record Splits(String source, Optional<Dataset> training, Optional<Dataset> testing) {
  /** The share of undivided data that is held out for testing. */
  public static final double HELD_OUT = 0.2;

  static Splits of(String source, Dataset training, Dataset testing) {
    return new Splits(source, Optional.of(training), Optional.of(testing));
  }

  /** Undivided data: a fifth, always the same, is held out for testing; of one or two, none. */
  static Splits undivided(String source, Dataset all) {
    if (all.size() < 3) {
      return new Splits(source, Optional.of(all), Optional.empty());
    }
    Dataset[] parts = split(all, HELD_OUT, 0);
    return of(source, parts[0], parts[1]);
  }

  /** What to learn from. */
  public Dataset train() {
    return training.orElseThrow(
        () -> new InvalidInputException(source + ": has no training part, only one for testing"));
  }

  /** What to be judged by. */
  public Dataset test() {
    return testing.orElseThrow(
        () -> new InvalidInputException(source + ": has no test part, only one for training"));
  }

  /** The training part as itself and a validation part with {@code share} of it. */
  public Splits validation(double share, long seed) {
    Dataset[] parts = Malformed.at(source, () -> split(train(), share, seed));
    return of(source + " (training part)", parts[0], parts[1]);
  }

  /** The rest and {@code share} of the examples, drawn from the seed, each in its old order. */
  static Dataset[] split(Dataset all, double share, long seed) {
    int held = (int) Math.round(all.size() * share);
    if (!(share > 0 && share < 1) || held == 0 || held == all.size()) {
      throw new InvalidInputException(
          "a training part of %d can't be split at %s: both parts need one"
              .formatted(all.size(), share));
    }
    int[] order = shuffled(all.size(), seed);
    int[] rest = Arrays.copyOfRange(order, held, order.length);
    int[] out = Arrays.copyOf(order, held);
    Arrays.sort(rest);
    Arrays.sort(out);
    return new Dataset[] {all.subset(rest), all.subset(out)};
  }

  /** The numbers below {@code size} in an order drawn from the seed. */
  static int[] shuffled(int size, long seed) {
    int[] order = IntStream.range(0, size).toArray();
    var random = new SplittableRandom(seed);
    for (int k = size - 1; k > 0; k--) {
      int other = random.nextInt(k + 1);
      int held = order[k];
      order[k] = order[other];
      order[other] = held;
    }
    return order;
  }
}
