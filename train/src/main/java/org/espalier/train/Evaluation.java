package org.espalier.train;

import java.util.Map;
import java.util.function.IntConsumer;
import org.espalier.graph.DataType;
import org.espalier.graph.Executor;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.train.data.Batch;
import org.espalier.train.data.Batches;
import org.espalier.train.data.Dataset;

/**
 * How well a model does on a dataset.
 *
 * @param loss mean cross-entropy in nats, or mean square for real targets; NaN where the model
 *     gives labels and no scores
 * @param accuracy the share of targets with the highest score, from 0 to 1; NaN for real targets
 * @param targets how many there were: examples, or tokens of a text
 */
public record Evaluation(double loss, double accuracy, long targets) {
  /** e to the loss: among how many tokens, equally likely, the model is in doubt. */
  public double perplexity() {
    return Math.exp(loss);
  }

  /** The accuracy in percent. */
  public double percent() {
    return 100 * accuracy;
  }

  /** Evaluates with batches of 250 examples. */
  public static Evaluation of(Executor executor, Model model, Dataset data) {
    return of(executor, model, data, _ -> {});
  }

  /**
   * Evaluates with batches of 250 examples.
   *
   * @param seen hears how many examples were seen so far
   */
  public static Evaluation of(Executor executor, Model model, Dataset data, IntConsumer seen) {
    return of(executor, model, data, 250, seen);
  }

  /** As {@link #of(Executor, Model, Dataset, int, IntConsumer)}, heard by nobody. */
  static Evaluation of(Executor executor, Model model, Dataset data, int batch) {
    return of(executor, model, data, batch, _ -> {});
  }

  /**
   * Runs a model over a dataset.
   *
   * @param executor runs {@code model}
   * @param batch how many examples at a time, where the model leaves it open
   * @param seen hears how many examples were seen so far
   * @throws InvalidInputException where examples don't fit the input or targets the output
   */
  private static Evaluation of(
      Executor executor, Model model, Dataset data, int batch, IntConsumer seen) {
    ModelInput input = ModelInput.of(model, data);
    int size = Math.toIntExact(input.batch().orElse(batch));
    var tally = new Tally(data, endsInSoftmax(model));
    int done = 0;
    try (Batches batches = Batches.inOrder(data, size)) {
      while (batches.hasNext()) {
        Batch next = batches.next();
        Tensor examples = input.batch().isPresent() ? padded(next.inputs(), size) : next.inputs();
        Map<String, Tensor> outputs = executor.run(Map.of(input.name(), input.shaped(examples)));
        tally.add(outputs.values().iterator().next(), next.targets());
        done += (int) next.inputs().dim(0);
        seen.accept(done);
      }
    }
    return tally.evaluation();
  }

  /** Whether a model's first output is probabilities, not logits. */
  public static boolean endsInSoftmax(Model model) {
    Node last = model.graph().producers().get(model.graph().outputs().getFirst().name());
    return last != null && last.is("Softmax");
  }

  private static Tensor padded(Tensor batch, int size) {
    if (batch.dim(0) == size) {
      return batch;
    }
    long[] dims = batch.dims();
    dims[0] = size;
    Tensor full = Tensor.allocate(batch.type(), dims);
    full.data().asSlice(0, batch.data().byteSize()).copyFrom(batch.data());
    return full;
  }

  private static final class Tally {
    private final Dataset data;
    private final boolean probabilities;
    private double loss;
    private long correct;
    private long targets;
    private boolean scored = true;

    Tally(Dataset data, boolean probabilities) {
      this.data = data;
      this.probabilities = probabilities;
    }

    void add(Tensor output, Tensor wanted) {
      if (data.targetType() != DataType.INT64) {
        addSquares(output, wanted);
      } else if (output.type() == DataType.INT64) {
        addLabels(output, wanted);
      } else {
        addScores(output, wanted);
      }
    }

    private void addSquares(Tensor output, Tensor wanted) {
      float[] given = checked(output, wanted, 1);
      float[] expected = wanted.floats();
      for (int k = 0; k < expected.length; k++) {
        double off = given[k] - expected[k];
        loss += off * off;
      }
      targets += expected.length;
    }

    private void addLabels(Tensor output, Tensor wanted) {
      scored = false;
      checked(output, wanted, 1);
      for (long k = 0; k < wanted.size(); k++) {
        correct += output.integerAt(k) == wanted.integerAt(k) ? 1 : 0;
      }
      targets += wanted.size();
    }

    private void addScores(Tensor output, Tensor wanted) {
      // Classes are the last axis, but for images of targets, where they are the second.
      boolean images = wanted.rank() > 2;
      int classes = Math.toIntExact(output.rank() == 0 ? 1 : output.dim(images ? 1 : -1));
      if (classes < data.classes()) {
        throw new InvalidInputException(
            "the model tells %d classes apart, the data have %d"
                .formatted(classes, data.classes()));
      }
      float[] scores = checked(output, wanted, classes);
      int stride = images ? Math.toIntExact(wanted.size() / wanted.dim(0)) : 1;
      for (int k = 0; k < wanted.size(); k++) {
        int from = images ? k / stride * stride * classes + k % stride : k * classes;
        add(scores, from, stride, classes, (int) wanted.integerAt(k));
      }
      targets += wanted.size();
    }

    private void add(float[] scores, int from, int stride, int classes, int label) {
      int best = 0;
      for (int c = 1; c < classes; c++) {
        if (scores[from + c * stride] > scores[from + best * stride]) {
          best = c;
        }
      }
      correct += best == label ? 1 : 0;
      if (probabilities) {
        loss -= Math.log(Math.max(scores[from + label * stride], 1e-12));
        return;
      }
      double highest = scores[from + best * stride];
      double sum = 0;
      for (int c = 0; c < classes; c++) {
        sum += Math.exp(scores[from + c * stride] - highest);
      }
      loss += Math.log(sum) + highest - scores[from + label * stride];
    }

    /** The output's elements, at least {@code each} for every target; a padded batch has more. */
    private static float[] checked(Tensor output, Tensor wanted, int each) {
      if (output.size() < wanted.size() * each) {
        throw new InvalidInputException(
            "the model gives %s for targets of shape %s".formatted(output.shape(), wanted.shape()));
      }
      return output.floats();
    }

    Evaluation evaluation() {
      return new Evaluation(
          scored ? loss / targets : Double.NaN,
          data.targetType() == DataType.INT64 ? (double) correct / targets : Double.NaN,
          targets);
    }
  }
}
