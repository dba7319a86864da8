package org.espalier.study.measure;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Node;
import org.espalier.prune.Layer;
import org.espalier.torch.Libtorch;
import org.espalier.torch.Mode;

/**
 * What goes into a classifier's last linear layer, and its weights: the logit of class k is {@code
 * |w_k| |h| cos(w_k, h) + b_k}.
 *
 * @param rows h of each example
 * @param labels of each example
 * @param classes w_k of each class
 */
record Features(List<double[]> rows, int[] labels, double[][] classes) {
  /** The features of the examples of the test part. */
  static Features of(Subject subject, String measurement) {
    Sample sample = subject.testing();
    sample.classOfEach(measurement);
    Layer last = last(subject, measurement);
    String input = input(last);
    var rows = new ArrayList<double[]>();
    var labels = new ArrayList<Integer>();
    subject
        .evidence(sample)
        .forEachBatch(
            (model, inputs, targets) -> {
              if (!model.has(input)) {
                throw new InvalidInputException(
                    "%s: the input '%s' of the last layer is not computed on its own"
                        .formatted(measurement, input));
              }
              var features =
                  Libtorch.copy(model.forward(inputs, Mode.EVAL, Set.of(input)).taps().get(input));
              var wanted = Libtorch.copy(targets);
              int columns = last.columns();
              for (int n = 0; n < wanted.size(); n++) {
                double[] row = new double[columns];
                for (int k = 0; k < columns; k++) {
                  row[k] = features.realAt((long) n * columns + k);
                }
                rows.add(row);
                labels.add((int) wanted.integerAt(n));
              }
            });
    return new Features(rows, labels.stream().mapToInt(label -> label).toArray(), weights(last));
  }

  private static Layer last(Subject subject, String measurement) {
    Layer last = subject.layers().getLast();
    boolean linear = last.node().is("Gemm") || last.node().is("MatMul");
    if (!linear || last.rows() < subject.testing().data().classes()) {
      throw new InvalidInputException(
          "%s needs a linear layer with a row for each class at the end, and '%s' is a %s of %d"
                  .formatted(measurement, last.weight(), last.node().op(), last.rows())
              + " rows");
    }
    return last;
  }

  private static String input(Layer last) {
    Node node = last.node();
    return node.inputs().get(node.inputs().indexOf(last.weight()) == 0 ? 1 : 0);
  }

  private static double[][] weights(Layer last) {
    double[][] weights = new double[last.rows()][last.columns()];
    for (int row = 0; row < last.rows(); row++) {
      for (int column = 0; column < last.columns(); column++) {
        weights[row][column] = last.tensor().realAt(last.index(row, column));
      }
    }
    return weights;
  }

  double[] norms() {
    return rows.stream().mapToDouble(Features::norm).toArray();
  }

  static double norm(double[] vector) {
    return Math.sqrt(Curvature.dot(vector, vector));
  }

  /** The cosine of the angle between two vectors; 0 where one of them is. */
  static double cosine(double[] a, double[] b) {
    double norms = norm(a) * norm(b);
    return norms == 0 ? 0 : Curvature.dot(a, b) / norms;
  }

  /** Of each example with its class's weights. */
  double[] cosines() {
    double[] cosines = new double[labels.length];
    for (int n = 0; n < cosines.length; n++) {
      cosines[n] = cosine(rows.get(n), classes[labels[n]]);
    }
    return cosines;
  }

  /** How much nearer each example's direction is to its own class than to any other. */
  double[] margins() {
    double[] margins = cosines();
    for (int n = 0; n < margins.length; n++) {
      double nearest = -1;
      for (int c = 0; c < classes.length; c++) {
        nearest = c == labels[n] ? nearest : Math.max(nearest, cosine(rows.get(n), classes[c]));
      }
      margins[n] -= nearest;
    }
    return margins;
  }
}
