package org.espalier.reference;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.espalier.graph.Bytes;
import org.espalier.graph.DataType;
import org.espalier.graph.Dim;
import org.espalier.graph.Executor;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;

/**
 * Inputs drawn for a model of which only the file is known: floats are standard normal, integers
 * stay where token ids, positions and masks live, an axis of one name has one size everywhere.
 */
public final class RandomInputs {
  private static final int IMAGE = 32;
  private static final long MOST_ELEMENTS = 1L << 27;

  private final Model model;
  private final long seed;
  private final long free;
  private final long batch;
  private final Map<String, Long> symbols = new HashMap<>();

  /**
   * @param free the size of axes that the model leaves open, or 0 to guess it from their names
   */
  private RandomInputs(Model model, long seed, long free, long batch) {
    this.model = model;
    this.seed = seed;
    this.free = free;
    this.batch = batch;
  }

  /**
   * Random inputs that an executor takes.
   *
   * @param batch the size of a batch axis that the model leaves open
   * @throws InvalidInputException where it takes none of the guesses at other open axes
   */
  public static Map<String, Tensor> takenBy(Executor executor, Model model, long seed, long batch) {
    InvalidInputException first = null;
    for (long free : new long[] {0, 1, 8, 32, 64, 224}) {
      try {
        Map<String, Tensor> drawn = new RandomInputs(model, seed, free, batch).draw();
        executor.run(drawn);
        return drawn;
      } catch (InvalidInputException refusal) {
        first = first == null ? refusal : first;
      }
    }
    throw new InvalidInputException(
        "no random inputs found that the model takes: " + first.getMessage(), first);
  }

  private Map<String, Tensor> draw() {
    var random = new Random(seed);
    var inputs = new LinkedHashMap<String, Tensor>();
    for (ValueInfo input : model.graph().requiredInputs()) {
      if (!(input.type() instanceof Type.TensorType(DataType type, Optional<Shape> shape))) {
        throw new InvalidInputException("input '" + input.name() + "' is not a tensor");
      }
      inputs.put(input.name(), draw(input.name(), type, dims(shape.orElse(Shape.SCALAR)), random));
    }
    return inputs;
  }

  private long[] dims(Shape shape) {
    long[] dims = new long[shape.rank()];
    for (int axis = 0; axis < dims.length; axis++) {
      dims[axis] = size(shape.dim(axis), axis, dims.length);
    }
    return dims;
  }

  private long size(Dim dim, int axis, int rank) {
    return switch (dim) {
      case Dim.Fixed(long size) -> size;
      case Dim.Symbol(String name) -> symbol(name, axis, rank);
      case Dim.Unknown() -> guess("", axis, rank);
    };
  }

  /** The size of a named axis; exporters also write sums of names, such as "past + sequence". */
  private long symbol(String name, int axis, int rank) {
    String[] terms = name.split("\\s*\\+\\s*", -1);
    if (terms.length == 1) {
      return symbols.computeIfAbsent(name, key -> guess(key, axis, rank));
    }
    long sum = 0;
    for (String term : terms) {
      sum += term.matches("\\d{1,6}") ? Long.parseLong(term) : symbol(term, axis, rank);
    }
    return sum;
  }

  private long guess(String name, int axis, int rank) {
    if (free > 0) {
      return axis == 0 ? Math.min(free, batch) : free;
    }
    String lower = name.toLowerCase(Locale.ROOT);
    if (lower.contains("batch") || (axis == 0 && !lower.contains("seq"))) {
      return batch;
    }
    if (rank == 4) {
      return axis == 1 ? 3 : IMAGE;
    }
    return lower.contains("past") ? 3 : 8;
  }

  private Tensor draw(String name, DataType type, long[] dims, Random random) {
    long size = Tensor.elements(dims);
    if (size > MOST_ELEMENTS) {
      throw new InvalidInputException(
          "input '%s' would have %d elements at shape %s, more than are drawn: %d"
              .formatted(name, size, Shape.of(dims), MOST_ELEMENTS));
    }
    if (type == DataType.STRING) {
      var texts = new ArrayList<Bytes>();
      for (long k = 0; k < size; k++) {
        texts.add(Bytes.utf8(Long.toString(random.nextLong(100))));
      }
      return Tensor.ofStrings(texts, dims).reshape(dims);
    }
    Tensor tensor = Tensor.allocate(type, dims);
    boolean drawn =
        type == DataType.BOOL
            || (type.isInteger() && type.bits() >= 8)
            || (type.isFloat() && type.bits() >= 16);
    if (!drawn) {
      throw new InvalidInputException("no random numbers for " + tensor);
    }
    long bound = bound(name, type);
    boolean mask = name.toLowerCase(Locale.ROOT).contains("mask");
    boolean positions = name.toLowerCase(Locale.ROOT).contains("position");
    long last = dims.length == 0 ? 1 : Math.max(1, dims[dims.length - 1]);
    for (long k = 0; k < size; k++) {
      if (type.isFloat()) {
        tensor.setReal(k, random.nextGaussian());
      } else if (mask) {
        tensor.setReal(k, 1);
      } else if (positions) {
        tensor.setReal(k, (double) (k % last % bound));
      } else {
        tensor.setReal(k, (double) random.nextLong(bound));
      }
    }
    return tensor;
  }

  /** One more than the largest integer to draw: rows of the table that the input indexes. */
  private long bound(String name, DataType type) {
    long bound = Long.MAX_VALUE;
    Graph graph = model.graph();
    for (Node node : graph.nodes()) {
      if (node.is("Gather") && node.inputs().get(1).equals(name)) {
        Tensor table = graph.initializers().get(node.inputs().getFirst());
        int axis = (int) node.integer("axis", 0);
        if (table != null && table.rank() > 0 && table.dim(axis) > 0) {
          bound = Math.min(bound, table.dim(axis));
        }
      }
    }
    if (bound < Long.MAX_VALUE) {
      return bound;
    }
    return switch (type) {
      case UINT8 -> 256;
      case INT8 -> 128;
      default -> 2;
    };
  }
}
