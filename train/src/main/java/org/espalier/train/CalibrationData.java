package org.espalier.train;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.prune.evidence.Calibration;
import org.espalier.train.data.Batches;
import org.espalier.train.data.Dataset;

/** Examples of a dataset on which a model is observed, with their targets. */
public final class CalibrationData implements Calibration {
  private final ModelInput input;
  private final Dataset data;
  private final int batch;

  private CalibrationData(ModelInput input, Dataset data, int batch) {
    this.input = input;
    this.data = data;
    this.batch = batch;
  }

  /**
   * Some examples, drawn without replacement.
   *
   * @param samples how many; all where there are fewer
   * @param batch how many at a time, where the model leaves it open; where it doesn't, examples
   *     that fill no batch are left out
   * @param seed of the draw
   * @throws InvalidInputException where examples don't fit the model's input
   */
  public static CalibrationData of(Model model, Dataset data, int samples, int batch, long seed) {
    if (samples < 1 || batch < 1) {
      throw new InvalidInputException(
          "%d samples in batches of %d, expected 1 or more of both".formatted(samples, batch));
    }
    ModelInput input = ModelInput.of(model, data);
    int size = Math.toIntExact(input.batch().orElse(batch));
    int count = Math.min(samples, data.size());
    count = input.batch().isPresent() ? count / size * size : count;
    if (count == 0) {
      throw new InvalidInputException(
          "%d of %d examples for a model that takes %d at once"
              .formatted(samples, data.size(), size));
    }
    return new CalibrationData(input, data.subset(drawn(data.size(), count, seed)), size);
  }

  /** So many of the numbers below {@code size}, in ascending order. */
  private static int[] drawn(int size, int count, long seed) {
    int[] order = IntStream.range(0, size).toArray();
    var random = new SplittableRandom(seed);
    for (int k = 0; k < count; k++) {
      int other = random.nextInt(k, size);
      int held = order[k];
      order[k] = order[other];
      order[other] = held;
    }
    int[] drawn = Arrays.copyOf(order, count);
    Arrays.sort(drawn);
    return drawn;
  }

  @Override
  public long samples() {
    return data.size();
  }

  @Override
  public void forEach(Consumer<? super Batch> action) {
    try (Batches batches = Batches.inOrder(data, batch)) {
      while (batches.hasNext()) {
        var next = batches.next();
        action.accept(
            new Batch(
                Map.of(input.name(), input.shaped(next.inputs())), Optional.of(next.targets())));
      }
    }
  }
}
