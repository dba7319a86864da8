package org.espalier.graph.onnx;

import java.util.ArrayList;
import java.util.List;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Malformed;
import org.espalier.graph.Shape;
import org.espalier.graph.SparseTensor;
import org.espalier.graph.Tensor;

/** Reads a {@code SparseTensorProto}, whose values carry its name. */
final class SparseTensorReader {
  /** A few bytes can claim any dense shape; none in use comes near this many bytes. */
  private static final long MAX_DENSE_BYTES = 1L << 34;

  private final List<Long> dims = new ArrayList<>();
  private final TensorReader values;
  private final TensorReader indices;

  SparseTensorReader(ExternalFiles files) {
    values = new TensorReader(files);
    indices = new TensorReader(files);
  }

  SparseTensorReader read(WireReader in) {
    while (in.next()) {
      switch (in.field()) {
        case 1 -> values.read(in.message("values", "TensorProto"));
        case 2 -> indices.read(in.message("indices", "TensorProto"));
        case 3 -> in.integers("dims", dims::add);
        default -> in.raw();
      }
    }
    return this;
  }

  String name() {
    return values.name();
  }

  /** The tensor; a name of its values is kept, since nothing refers to it. */
  SparseTensor tensor() {
    return make(values.named());
  }

  SparseTensor initializer() {
    return Malformed.at("sparse tensor '" + name() + "'", () -> make(values.tensor()));
  }

  private SparseTensor make(Tensor nonzeros) {
    long[] shape = dims.stream().mapToLong(Long::longValue).toArray();
    long size = Tensor.elements(shape);
    if (size > MAX_DENSE_BYTES * 8 / Math.max(nonzeros.type().bits(), 1)) {
      throw new InvalidInputException(
          "%s %s is over %d GiB when dense"
              .formatted(nonzeros.type(), Shape.of(shape), MAX_DENSE_BYTES >> 30));
    }
    var tensor = new SparseTensor(nonzeros, indices.named(), Shape.of(shape));
    checkIndices(tensor.indices(), shape, size);
    return tensor;
  }

  private static void checkIndices(Tensor indices, long[] shape, long size) {
    for (long k = 0; k < indices.size(); k++) {
      long bound = indices.rank() == 1 ? size : shape[(int) (k % shape.length)];
      long index = indices.integerAt(k);
      if (index < 0 || index >= bound) {
        throw new InvalidInputException(
            "index %d is %d, expected 0 to %d".formatted(k, index, bound - 1));
      }
    }
  }
}
