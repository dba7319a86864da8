package org.espalier.prune.structured;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Executor;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;
import org.espalier.prune.evidence.Calibration;

/**
 * What a network answers on some examples: mean and standard deviation of each element of its
 * floating-point outputs over the examples.
 */
record OutputMoments(double[] mean, double[] deviation) {
  /** Some whole batches of calibration inputs, copied: as many as have {@code samples} examples. */
  static List<Map<String, Tensor>> inputs(Calibration calibration, int samples) {
    var inputs = new ArrayList<Map<String, Tensor>>();
    long[] seen = new long[1];
    calibration.forEach(
        batch -> {
          if (seen[0] < samples) {
            var copies = new LinkedHashMap<String, Tensor>();
            batch.inputs().forEach((name, tensor) -> copies.put(name, tensor.copy()));
            inputs.add(copies);
            seen[0] += batch.size();
          }
        });
    return inputs;
  }

  /** The moments over all examples of these inputs, which have them along their first axes. */
  static OutputMoments of(Executor network, List<Map<String, Tensor>> inputs) {
    double[] sum = null;
    double[] squares = null;
    double[] origin = null; // sums are of what lies beyond the first example, which is exact
    long examples = 0;
    for (Map<String, Tensor> batch : inputs) {
      int rows = Math.toIntExact(batch.values().iterator().next().dim(0));
      double[][] answers = answers(network.run(batch), rows);
      if (origin == null) {
        origin = answers[0];
        sum = new double[origin.length];
        squares = new double[origin.length];
      }
      for (double[] answer : answers) {
        if (answer.length != origin.length) {
          throw new InvalidInputException(
              "outputs of %d elements an example, %d in the batches before"
                  .formatted(answer.length, origin.length));
        }
        for (int k = 0; k < answer.length; k++) {
          double beyond = answer[k] - origin[k];
          sum[k] += beyond;
          squares[k] += beyond * beyond;
        }
      }
      examples += rows;
    }
    if (origin == null) {
      throw new InvalidInputException("no calibration inputs");
    }
    double[] mean = new double[origin.length];
    double[] deviation = new double[origin.length];
    for (int k = 0; k < origin.length; k++) {
      double shift = sum[k] / examples;
      mean[k] = origin[k] + shift;
      deviation[k] = Math.sqrt(Math.max(0, squares[k] / examples - shift * shift));
    }
    return new OutputMoments(mean, deviation);
  }

  /** The outputs' elements, one row an example. */
  private static double[][] answers(Map<String, Tensor> outputs, int rows) {
    List<Tensor> parts =
        outputs.values().stream()
            .filter(output -> output.type().isFloat())
            .filter(output -> output.rank() > 0 && output.dim(0) == rows)
            .toList();
    if (parts.isEmpty()) {
      throw new InvalidInputException(
          "no floating-point output has its %d examples along the first axis".formatted(rows));
    }
    int width = Math.toIntExact(parts.stream().mapToLong(part -> part.size() / rows).sum());
    double[][] answers = new double[rows][width];
    int first = 0;
    for (Tensor part : parts) {
      int size = (int) (part.size() / rows);
      for (int k = 0; k < part.size(); k++) {
        answers[k / size][first + k % size] = part.realAt(k);
      }
      first += size;
    }
    return answers;
  }

  /** How far these moments are from others: the Euclidean distances of both, added up. */
  double distance(OutputMoments other) {
    return distance(mean, other.mean) + distance(deviation, other.deviation);
  }

  private static double distance(double[] a, double[] b) {
    double sum = 0;
    for (int k = 0; k < a.length; k++) {
      sum += (a[k] - b[k]) * (a[k] - b[k]);
    }
    return Math.sqrt(sum);
  }
}
