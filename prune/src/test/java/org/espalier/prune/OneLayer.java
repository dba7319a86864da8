package org.espalier.prune;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.espalier.graph.DataType;
import org.espalier.graph.Dim;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;
import org.espalier.prune.evidence.Calibration;
import org.espalier.prune.evidence.Evidence;

/** A model of one linear layer, for methods whose answers are known. */
public record OneLayer(Model model, Layer layer, Calibration data) {
  /**
   * y = W x.
   *
   * @param weights [rows, columns]
   * @param examples [n, columns]
   */
  public static OneLayer of(Tensor weights, Tensor examples) {
    Node turn =
        Node.of("Transpose", List.of("w"), List.of("turned"))
            .with("perm", org.espalier.graph.Attribute.of(1L, 0L));
    Node product = Node.of("MatMul", List.of("x", "turned"), List.of("y"));
    Model model =
        Model.of(
            new Graph(
                "one",
                List.of(turn, product),
                Map.of("w", weights),
                List.of(
                    ValueInfo.of(
                        "x", DataType.FLOAT, Shape.of(Dim.symbol("N"), Dim.of(examples.dim(1))))),
                List.of(
                    ValueInfo.of(
                        "y", DataType.FLOAT, Shape.of(Dim.symbol("N"), Dim.of(weights.dim(0)))))),
            10,
            21);
    return new OneLayer(
        model, Layers.of(model).layers().getFirst(), Calibration.of("x", examples, null, 16));
  }

  /** What a method makes of the layer; {@code prune} of its weights go. */
  public Solution solve(SolvingMethod method, Pattern pattern, long prune) {
    try (Evidence evidence = evidence()) {
      return method.solve(layer, Goal.of(layer, pattern, prune, 0), evidence);
    }
  }

  public Evidence evidence() {
    return Evidence.of(model, Set.of("w"), data);
  }

  /** X^T X in plain Java. */
  public double[][] gram() {
    int columns = layer.columns();
    double[][] gram = new double[columns][columns];
    data.forEach(
        batch -> {
          Tensor x = batch.inputs().get("x");
          for (long n = 0; n < x.dim(0); n++) {
            for (int i = 0; i < columns; i++) {
              for (int j = 0; j < columns; j++) {
                gram[i][j] += x.realAt(n * columns + i) * x.realAt(n * columns + j);
              }
            }
          }
        });
    return gram;
  }

  /** How far the layer's outputs are from its own with these weights: a sum of squares. */
  public double error(Tensor weights) {
    double[][] gram = gram();
    double error = 0;
    for (int row = 0; row < layer.rows(); row++) {
      for (int i = 0; i < gram.length; i++) {
        for (int j = 0; j < gram.length; j++) {
          error += change(weights, row, i) * gram[i][j] * change(weights, row, j);
        }
      }
    }
    return error;
  }

  private double change(Tensor weights, int row, int column) {
    int index = layer.index(row, column);
    return weights.realAt(index) - layer.tensor().realAt(index);
  }

  /** The best weights under a mask, by Gaussian elimination of each row's normal equations. */
  public double[] leastSquares(Mask mask) {
    double[][] gram = gram();
    double[] best = new double[layer.size()];
    for (int row = 0; row < layer.rows(); row++) {
      int first = row;
      int[] kept =
          java.util.stream.IntStream.range(0, gram.length)
              .filter(column -> mask.keeps(layer.index(first, column)))
              .toArray();
      double[][] system = new double[kept.length][kept.length + 1];
      for (int i = 0; i < kept.length; i++) {
        for (int j = 0; j < kept.length; j++) {
          system[i][j] = gram[kept[i]][kept[j]];
        }
        for (int j = 0; j < gram.length; j++) {
          system[i][kept.length] += gram[kept[i]][j] * layer.tensor().realAt(layer.index(row, j));
        }
      }
      double[] solved = eliminate(system);
      for (int i = 0; i < kept.length; i++) {
        best[layer.index(row, kept[i])] = solved[i];
      }
    }
    return best;
  }

  private static double[] eliminate(double[][] system) {
    int size = system.length;
    for (int pivot = 0; pivot < size; pivot++) {
      for (int row = 0; row < size; row++) {
        if (row != pivot) {
          double factor = system[row][pivot] / system[pivot][pivot];
          for (int column = pivot; column <= size; column++) {
            system[row][column] -= factor * system[pivot][column];
          }
        }
      }
    }
    double[] solved = new double[size];
    for (int row = 0; row < size; row++) {
      solved[row] = system[row][size] / system[row][row];
    }
    return solved;
  }
}
