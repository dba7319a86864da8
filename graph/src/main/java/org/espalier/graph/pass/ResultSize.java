package org.espalier.graph.pass;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/**
 * How many elements a node's result can have at most, told from its inputs before anything is
 * computed: a few bytes can ask for terabytes.
 */
final class ResultSize {
  private ResultSize() {}

  /** The bound, or {@code Long.MAX_VALUE} where none is known. */
  static long bound(Node node, List<Tensor> inputs) {
    try {
      return switch (node.op()) {
        case "ConstantOfShape" -> Tensor.elements(inputs.get(0).integers());
        case "Expand" -> product(broadcast(inputs.get(0).dims(), inputs.get(1).integers()));
        case "Tile" -> multiply(inputs.get(0).size(), product(inputs.get(1).integers()));
        case "Range" -> range(inputs);
        case "OneHot" -> multiply(inputs.get(0).size(), (long) inputs.get(1).realAt(0));
        case "Pad" -> pad(inputs);
        case "Gather" -> gather(node, inputs.get(0), inputs.get(1));
        case "GatherND" -> multiply(inputs.get(0).size(), Math.max(1, inputs.get(1).size()));
        case "NonZero" -> multiply(inputs.get(0).size(), Math.max(1, inputs.get(0).rank()));
        case "MatMul", "MatMulInteger", "Gemm" -> matmul(inputs);
        // Their shapes take more than a line to tell, and constants seldom go through them.
        case "Conv",
            "ConvTranspose",
            "AveragePool",
            "MaxPool",
            "LpPool",
            "Resize",
            "Upsample",
            "Einsum" ->
            Long.MAX_VALUE;
        default -> elementwise(inputs);
      };
    } catch (RuntimeException malformed) {
      return Long.MAX_VALUE; // running the model will say what is wrong
    }
  }

  private static long multiply(long a, long b) {
    return Math.multiplyExact(a, b);
  }

  private static long product(long... values) {
    return Arrays.stream(values).reduce(1, Math::multiplyExact);
  }

  private static long range(List<Tensor> inputs) {
    double span = inputs.get(1).realAt(0) - inputs.get(0).realAt(0);
    return (long) Math.max(0, Math.ceil(span / inputs.get(2).realAt(0)));
  }

  private static long gather(Node node, Tensor x, Tensor indices) {
    long axis = x.dim((int) node.integer("axis", 0));
    return multiply(x.size() / Math.max(1, axis), Math.max(1, indices.size()));
  }

  private static long pad(List<Tensor> inputs) {
    Tensor x = inputs.get(0);
    // Each axis grows by no more than all pads together.
    long pads = Arrays.stream(inputs.get(1).integers()).map(Math::abs).sum();
    return product(Arrays.stream(x.dims()).map(dim -> Math.addExact(dim, pads)).toArray());
  }

  private static long matmul(List<Tensor> inputs) {
    Tensor a = inputs.get(0);
    Tensor b = inputs.get(1);
    long inner = Math.max(1, Math.min(a.dim(-1), a.rank() > 1 ? a.dim(-2) : a.dim(-1)));
    return multiply(a.size() / inner, Math.max(1, b.size() / inner));
  }

  /** The shape all inputs broadcast to, and no less than what they have together. */
  private static long elementwise(List<Tensor> inputs) {
    long[] dims = {};
    long sum = 1;
    for (Tensor input : inputs) {
      if (Objects.nonNull(input)) {
        sum += input.size();
        dims = broadcast(dims, input.dims());
      }
    }
    return Math.max(sum, product(dims));
  }

  /** The shape that these two broadcast to, if they do. */
  static long[] broadcast(long[] a, long[] b) {
    long[] wide = new long[Math.max(a.length, b.length)];
    for (int k = 1; k <= wide.length; k++) {
      long x = k <= a.length ? a[a.length - k] : 1;
      long y = k <= b.length ? b[b.length - k] : 1;
      wide[wide.length - k] = x == 1 ? y : y == 1 ? x : Math.max(x, y);
    }
    return wide;
  }
}
