package org.espalier.graph.eval;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.espalier.graph.DataType;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;

/** Matrix products. */
final class Products {
  /** Columns of a block of the right matrix. */
  private static final int COLUMNS = 128;

  /** Rows of that block; the block stays in the second cache. */
  private static final int DEPTH = 128;

  private Products() {}

  static void register(Map<String, Rule> rules) {
    rules.put("MatMul", call -> List.of(matmul(call, call.input(0), call.input(1))));
    rules.put("Gemm", Products::gemm);
    rules.put("MatMulInteger", Products::matmulInteger);
  }

  private static Tensor matmul(Call call, Tensor a, Tensor b) {
    if (a.type() != b.type() || (!a.type().isFloat() && !a.type().isInteger())) {
      throw call.invalid("%s times %s".formatted(a, b));
    }
    return multiply(call, a, b, a.type());
  }

  /** NumPy's product: of matrices in the last two axes, broadcast over those before. */
  static Tensor multiply(Call call, Tensor left, Tensor right, DataType type) {
    Tensor a = left.rank() == 1 ? left.reshape(1, left.dim(0)) : left;
    Tensor b = right.rank() == 1 ? right.reshape(right.dim(0), 1) : right;
    if (left.rank() == 0 || right.rank() == 0 || a.dim(-1) != b.dim(-2)) {
      throw call.invalid("%s times %s: inner sizes differ".formatted(left, right));
    }
    long[] outer;
    try {
      outer = Broadcast.dims(List.of(stack(a), stack(b)));
    } catch (InvalidInputException problem) {
      throw call.invalid(problem.getMessage());
    }
    int rows = Math.toIntExact(a.dim(-2));
    int depth = Math.toIntExact(a.dim(-1));
    int columns = Math.toIntExact(b.dim(-1));
    long[] dims = Arrays.copyOf(outer, outer.length + 2);
    dims[outer.length] = rows;
    dims[outer.length + 1] = columns;
    Tensor y = Tensor.allocate(type, dims);
    long[] aStrides = Broadcast.strides(stack(a), outer);
    long[] bStrides = Broadcast.strides(stack(b), outer);
    long count = Tensor.elements(outer);
    for (long k = 0; k < count; k++) {
      long ak = position(k, outer, aStrides) * rows * depth;
      long bk = position(k, outer, bStrides) * depth * columns;
      long yk = k * rows * columns;
      if (type.isFloat()) {
        reals(a, ak, b, bk, y, yk, rows, depth, columns);
      } else {
        integers(a, ak, b, bk, y, yk, rows, depth, columns);
      }
    }
    if (left.rank() > 1 && right.rank() > 1) {
      return y;
    }
    long[] squeezed = outer;
    if (left.rank() > 1) {
      squeezed = append(outer, rows);
    } else if (right.rank() > 1) {
      squeezed = append(outer, columns);
    }
    return y.reshape(squeezed);
  }

  private static long[] append(long[] dims, long last) {
    long[] longer = Arrays.copyOf(dims, dims.length + 1);
    longer[dims.length] = last;
    return longer;
  }

  private static long[] stack(Tensor matrices) {
    return Arrays.copyOf(matrices.dims(), matrices.rank() - 2);
  }

  private static long position(long index, long[] dims, long[] strides) {
    long position = 0;
    long rest = index;
    for (int axis = dims.length - 1; axis >= 0; axis--) {
      position += rest % dims[axis] * strides[axis];
      rest /= dims[axis];
    }
    return position;
  }

  /**
   * One product of real matrices, summed in double. A block of {@code b} is unpacked once and used
   * for every row of {@code a}, four of its rows at a time.
   */
  private static void reals(
      Tensor a, long ak, Tensor b, long bk, Tensor y, long yk, int rows, int depth, int columns) {
    double[] block = new double[DEPTH * COLUMNS];
    double[] sums = new double[rows * Math.min(columns, COLUMNS)];
    double[] line = new double[DEPTH];
    double[] sum = new double[COLUMNS];
    for (int j = 0; j < columns; j += COLUMNS) {
      int width = Math.min(COLUMNS, columns - j);
      Arrays.fill(sums, 0);
      for (int d = 0; d < depth; d += DEPTH) {
        int height = Math.min(DEPTH, depth - d);
        double[] row = new double[width];
        for (int r = 0; r < height; r++) {
          Lanes.read(b, bk + (long) (d + r) * columns + j, 1, row, width);
          System.arraycopy(row, 0, block, r * COLUMNS, width);
        }
        for (int i = 0; i < rows; i++) {
          Lanes.read(a, ak + (long) i * depth + d, 1, line, height);
          System.arraycopy(sums, i * width, sum, 0, width);
          accumulate(line, height, block, sum, width);
          System.arraycopy(sum, 0, sums, i * width, width);
        }
      }
      for (int i = 0; i < rows; i++) {
        System.arraycopy(sums, i * width, sum, 0, width);
        Lanes.write(y, yk + (long) i * columns + j, sum, width);
      }
    }
  }

  private static void accumulate(
      double[] line, int height, double[] block, double[] sum, int width) {
    int r = 0;
    for (; r + 3 < height; r += 4) {
      double w0 = line[r];
      double w1 = line[r + 1];
      double w2 = line[r + 2];
      double w3 = line[r + 3];
      int at = r * COLUMNS;
      for (int j = 0; j < width; j++) {
        sum[j] +=
            w0 * block[at + j]
                + w1 * block[at + COLUMNS + j]
                + w2 * block[at + 2 * COLUMNS + j]
                + w3 * block[at + 3 * COLUMNS + j];
      }
    }
    for (; r < height; r++) {
      double w = line[r];
      int at = r * COLUMNS;
      for (int j = 0; j < width; j++) {
        sum[j] += w * block[at + j];
      }
    }
  }

  private static void integers(
      Tensor a, long ak, Tensor b, long bk, Tensor y, long yk, int rows, int depth, int columns) {
    long[] line = new long[depth];
    long[] other = new long[columns];
    long[] sum = new long[columns];
    for (int i = 0; i < rows; i++) {
      Lanes.read(a, ak + (long) i * depth, 1, line, depth);
      Arrays.fill(sum, 0);
      for (int d = 0; d < depth; d++) {
        Lanes.read(b, bk + (long) d * columns, 1, other, columns);
        for (int j = 0; j < columns; j++) {
          sum[j] += line[d] * other[j];
        }
      }
      Lanes.write(y, yk + (long) i * columns, sum, columns);
    }
  }

  private static List<Tensor> gemm(Call call) {
    Tensor a = matrix(call, 0, "transA");
    Tensor b = matrix(call, 1, "transB");
    double alpha = call.node().real("alpha", 1);
    double beta = call.node().real("beta", 1);
    DataType type = a.type();
    if (!type.isFloat() && (alpha != 1 || beta != 1)) {
      throw call.unsupported("integers with alpha %s, beta %s".formatted(alpha, beta));
    }
    Tensor product = type.isFloat() ? multiply(call, a, b, DataType.DOUBLE) : matmul(call, a, b);
    Tensor c = beta == 0 ? null : call.optional(2).orElse(null);
    if (c == null) {
      return List.of(type.isFloat() ? Elementwise.reals(product, type, x -> alpha * x) : product);
    }
    if (c.type() != type || a.type() != b.type()) {
      throw call.invalid("A is %s, B is %s, C is %s".formatted(a, b, c));
    }
    Tensor y =
        type.isFloat()
            ? Elementwise.reals(call, product, c, type, (x, z) -> alpha * x + beta * z)
            : Elementwise.integers(call, product, c, type, Long::sum);
    if (!Arrays.equals(y.dims(), product.dims())) {
      throw call.invalid("C is %s, expected to broadcast to %s".formatted(c, product.shape()));
    }
    return List.of(y);
  }

  private static Tensor matrix(Call call, int index, String transposed) {
    Tensor x = call.input(index);
    if (x.rank() != 2) {
      throw call.invalid("input %d is %s, expected a matrix".formatted(index, x));
    }
    return call.node().integer(transposed, 0) == 0 ? x : Moving.transpose(x, 1, 0);
  }

  private static List<Tensor> matmulInteger(Call call) {
    Tensor a = shifted(call, call.input(0), call.optional(2).orElse(null), true);
    Tensor b = shifted(call, call.input(1), call.optional(3).orElse(null), false);
    return List.of(multiply(call, a, b, DataType.INT32));
  }

  /** Without its zero point; a vector of those is one for each row of A or column of B. */
  private static Tensor shifted(Call call, Tensor x, Tensor zero, boolean rows) {
    if (!x.type().isInteger()) {
      throw call.unsupported(x.type());
    }
    Tensor wide = Casting.cast(x, DataType.INT64);
    if (zero == null) {
      return wide;
    }
    Tensor offset = Casting.cast(zero, DataType.INT64);
    if (rows && offset.rank() == 1 && offset.size() > 1) {
      offset = offset.reshape(offset.size(), 1);
    }
    return Elementwise.integers(call, wide, offset, DataType.INT64, (u, v) -> u - v);
  }
}
