package org.espalier.train;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.espalier.graph.DataType;
import org.espalier.graph.Dim;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;
import org.espalier.train.data.Dataset;

/**
 * The one input of a model, and how examples of a dataset are shaped for it.
 *
 * @param example the shape of one example as the model takes it
 * @param batch the number of examples in a run, where the model fixes it
 */
record ModelInput(String name, long[] example, OptionalLong batch) {

  /** Fits a dataset to a model, or says why it can't be. */
  static ModelInput of(Model model, Dataset data) {
    List<ValueInfo> inputs = model.graph().requiredInputs();
    if (inputs.size() != 1) {
      throw new InvalidInputException(
          "the model takes %d inputs, data have one".formatted(inputs.size()));
    }
    ValueInfo input = inputs.getFirst();
    if (!(input.type() instanceof Type.TensorType(DataType element, var shape))) {
      throw new InvalidInputException("input '" + input.name() + "' is no tensor");
    }
    if (element != data.type()) {
      throw new InvalidInputException(
          "input '%s' takes %s, the examples are %s".formatted(input.name(), element, data.type()));
    }
    if (shape.isEmpty()) {
      return new ModelInput(input.name(), data.exampleShape(), OptionalLong.empty());
    }
    Shape wanted = shape.get();
    if (wanted.rank() == 0 || !fits(wanted, data.exampleShape())) {
      throw new InvalidInputException(
          "input '%s' takes %s, an example is %s"
              .formatted(input.name(), wanted, Arrays.toString(data.exampleShape())));
    }
    Dim first = wanted.dim(0);
    return new ModelInput(
        input.name(),
        example(wanted, data.exampleShape()),
        first.isFixed() ? OptionalLong.of(first.sizeOr(-1)) : OptionalLong.empty());
  }

  /**
   * Whether the sizes agree, axes of one aside, or the model takes flat vectors of the same length.
   * Nothing else: [3, 32, 32] is as long as [32, 32, 3] and means something else.
   */
  private static boolean fits(Shape wanted, long[] example) {
    long length = Tensor.elements(example);
    if (wanted.rank() == 2) {
      return wanted.dim(1).sizeOr(length) == length;
    }
    long[] given = LongStream.of(example).filter(size -> size != 1).toArray();
    List<Dim> dims =
        wanted.dims().subList(1, wanted.rank()).stream().filter(dim -> dim.sizeOr(0) != 1).toList();
    return wanted.rank() - 1 == example.length
        ? IntStream.range(0, example.length)
            .allMatch(k -> wanted.dim(k + 1).sizeOr(example[k]) == example[k])
        : dims.size() == given.length
            && IntStream.range(0, given.length)
                .allMatch(k -> dims.get(k).sizeOr(given[k]) == given[k]);
  }

  private static long[] example(Shape wanted, long[] example) {
    if (wanted.rank() - 1 == example.length) {
      return example;
    }
    if (wanted.rank() == 2) {
      return new long[] {Tensor.elements(example)};
    }
    long[] given = LongStream.of(example).filter(size -> size != 1).toArray();
    long[] dims = new long[wanted.rank() - 1];
    int next = 0;
    for (int k = 0; k < dims.length; k++) {
      dims[k] = wanted.dim(k + 1).sizeOr(0) == 1 ? 1 : given[next++];
    }
    return dims;
  }

  /** A batch in the model's shape, over the same memory. */
  Tensor shaped(Tensor batch) {
    long[] dims = new long[example.length + 1];
    dims[0] = batch.dim(0);
    System.arraycopy(example, 0, dims, 1, example.length);
    return batch.reshape(dims);
  }
}
