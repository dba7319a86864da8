package org.espalier.prune.structured;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Executor;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;
import org.espalier.prune.evidence.Calibration;
import org.espalier.prune.rewrite.Block;
import org.espalier.prune.rewrite.Blocks;
import org.espalier.torch.TorchModel;

/**
 * How far a network's answers are from what they are without a block: the Kullback-Leibler
 * divergence, in nats, of the distributions that a softmax along the outputs' last axis makes, on
 * average over examples and positions. Needs no labels.
 */
public final class OutputDivergence {
  private static final int EXAMPLES = 128;

  private OutputDivergence() {}

  /** The divergence for each block, taken out alone. */
  public static double[] of(Blocks blocks, Calibration calibration) {
    List<Map<String, Tensor>> inputs = OutputMoments.inputs(calibration, EXAMPLES);
    List<double[]> dense;
    try (TorchModel model = TorchModel.of(blocks.model())) {
      dense = answers(model, inputs);
    }
    double[] divergences = new double[blocks.all().size()];
    for (int k = 0; k < divergences.length; k++) {
      Block block = blocks.all().get(k);
      try (TorchModel model = TorchModel.of(blocks.without(block))) {
        divergences[k] = mean(dense, answers(model, inputs));
      }
    }
    return divergences;
  }

  /** The logarithms of the probabilities, one array for each row of each output. */
  private static List<double[]> answers(Executor network, List<Map<String, Tensor>> inputs) {
    var rows = new ArrayList<double[]>();
    for (Map<String, Tensor> batch : inputs) {
      for (Tensor output : network.run(batch).values()) {
        if (output.type().isFloat() && output.rank() > 0) {
          int width = (int) output.dim(output.rank() - 1);
          for (long first = 0; first < output.size(); first += width) {
            rows.add(logarithms(output, first, width));
          }
        }
      }
    }
    if (rows.isEmpty()) {
      throw new InvalidInputException("no floating-point output to compare");
    }
    return rows;
  }

  /** A log-softmax. Of a model that ends in a softmax the outputs are probabilities already. */
  private static double[] logarithms(Tensor output, long first, int width) {
    double[] row = new double[width];
    double largest = Double.NEGATIVE_INFINITY;
    double least = Double.POSITIVE_INFINITY;
    double total = 0;
    for (int k = 0; k < width; k++) {
      row[k] = output.realAt(first + k);
      largest = Math.max(largest, row[k]);
      least = Math.min(least, row[k]);
      total += row[k];
    }
    if (least >= 0 && Math.abs(total - 1) < 1e-3) {
      for (int k = 0; k < width; k++) {
        row[k] = Math.log(Math.max(row[k], Float.MIN_NORMAL));
      }
      return row;
    }
    double sum = 0;
    for (double value : row) {
      sum += Math.exp(value - largest);
    }
    double normalizer = largest + Math.log(sum);
    for (int k = 0; k < width; k++) {
      row[k] -= normalizer;
    }
    return row;
  }

  private static double mean(List<double[]> expected, List<double[]> actual) {
    if (expected.size() != actual.size()) {
      throw new InvalidInputException(
          "%d rows of outputs without a block, %d with it"
              .formatted(actual.size(), expected.size()));
    }
    double sum = 0;
    for (int row = 0; row < expected.size(); row++) {
      double[] p = expected.get(row);
      double[] q = actual.get(row);
      for (int k = 0; k < p.length; k++) {
        sum += Math.exp(p[k]) * (p[k] - q[k]);
      }
    }
    return Math.max(0, sum / expected.size());
  }
}
