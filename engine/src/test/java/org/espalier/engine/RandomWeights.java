package org.espalier.engine;

import java.util.Random;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/**
 * Weights with zeros in all the forms that kernels tell apart. What is left grows, so that values
 * keep their size from layer to layer and errors stay visible.
 */
final class RandomWeights {
  private enum Pattern {
    DENSE,
    SCATTERED,
    SCARCE,
    BLOCKS,
    N_OF_M,
    EMPTY_ROWS,
    EMPTY_COLUMNS,
    ONE_FULL_ROW,
    ONE_WEIGHT,
    NONE
  }

  private RandomWeights() {}

  /**
   * A tensor of {@code dims} whose rows are output channels.
   *
   * @param dense whether no weight is zero
   * @param rowsLast whether the rows are the last axis, as MatMul has them, or the first
   */
  static Tensor draw(Random random, boolean dense, boolean rowsLast, long... dims) {
    Tensor tensor = Tensor.allocate(DataType.FLOAT, dims);
    int rows = (int) dims[rowsLast ? dims.length - 1 : 0];
    int columns = (int) (tensor.size() / rows);
    boolean[][] kept = kept(random, dense, rows, columns);
    for (int row = 0; row < rows; row++) {
      int count = 0;
      for (boolean one : kept[row]) {
        count += one ? 1 : 0;
      }
      double deviation = 1 / Math.sqrt(Math.max(1, count));
      for (int column = 0; column < columns; column++) {
        long at = rowsLast ? (long) column * rows + row : (long) row * columns + column;
        double value = deviation * random.nextGaussian();
        tensor.setFloat(at, kept[row][column] ? (float) value : 0);
      }
    }
    return tensor;
  }

  private static boolean[][] kept(Random random, boolean dense, int rows, int columns) {
    Pattern drawnPattern = Pattern.values()[random.nextInt(Pattern.values().length)];
    Pattern pattern = dense ? Pattern.DENSE : drawnPattern;
    double density = 0.03 + 0.5 * random.nextDouble();
    int height = 1 << (1 + random.nextInt(3));
    int few = 1 + random.nextInt(2);
    int chosenRow = random.nextInt(rows);
    int chosenColumn = random.nextInt(columns);
    boolean[] drawn = new boolean[Math.ceilDiv(rows, height) * columns];
    for (int k = 0; k < drawn.length; k++) {
      drawn[k] = random.nextDouble() < density;
    }
    boolean[][] kept = new boolean[rows][columns];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        kept[row][column] =
            switch (pattern) {
              case DENSE -> true;
              case SCATTERED -> random.nextDouble() < density;
              case SCARCE -> random.nextDouble() < 0.1;
              case BLOCKS -> drawn[row / height * columns + column];
              case N_OF_M -> (column + row) % 4 < few;
              case EMPTY_ROWS -> row % 3 != 1 && random.nextDouble() < density;
              case EMPTY_COLUMNS -> column % 3 != 1 && random.nextDouble() < density;
              case ONE_FULL_ROW -> row == chosenRow;
              case ONE_WEIGHT -> row == chosenRow && column == chosenColumn;
              case NONE -> false;
            };
      }
    }
    return kept;
  }
}
