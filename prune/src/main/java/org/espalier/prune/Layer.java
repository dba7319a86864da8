package org.espalier.prune;

import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/**
 * A weight tensor that can be pruned, seen as a matrix with one row for each output.
 *
 * <p>A convolution's [out, in, kh, kw] is [out, in*kh*kw]. A linear layer's weight is stored either
 * way round; {@link #index} maps a row and a column to the flattened tensor. A stack of matrices (a
 * batched product) has the rows of all of them.
 *
 * @param weight the name of the constant, which is the layer's identity: nodes that share a weight
 *     share a layer
 * @param node the first node that uses it
 * @param tensor its values
 * @param rows outputs, of all matrices in the stack
 * @param columns inputs of one output
 * @param transposed whether the tensor stores [in, out]
 */
public record Layer(
    String weight, Node node, Tensor tensor, int rows, int columns, boolean transposed) {

  public Layer {
    assert (long) rows * columns == tensor.size() : rows + " x " + columns + " of " + tensor;
  }

  /** How many weights there are. */
  public int size() {
    return rows * columns;
  }

  /** Where the weight of an output and an input stands in the flattened tensor. */
  public int index(int row, int column) {
    if (!transposed) {
      return row * columns + column;
    }
    int outputs = (int) tensor.dim(-1);
    int matrix = row / outputs;
    return (matrix * columns + column) * outputs + row % outputs;
  }

  /** The layer with other values in the same places. */
  public Layer with(Tensor values) {
    return new Layer(weight, node, values, rows, columns, transposed);
  }

  @Override
  public String toString() {
    return weight + " " + tensor.shape();
  }
}
