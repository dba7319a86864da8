package org.espalier.graph.onnx;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.espalier.graph.Attribute;
import org.espalier.graph.Bytes;
import org.espalier.graph.DataType;
import org.espalier.graph.Details;
import org.espalier.graph.Dim;
import org.espalier.graph.Function;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.SparseTensor;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.testing.SeededRandom;

/** Models that make no sense and use every form that our types have. */
final class RandomModels {
  private static final long[] NUMBERS = {0, 1, -1, 127, 128, Long.MAX_VALUE, Long.MIN_VALUE};
  private static final float[] REALS = {0, -0f, 1.5f, Float.NaN, Float.NEGATIVE_INFINITY};

  private final SeededRandom random;
  private int names;

  RandomModels(SeededRandom random) {
    this.random = random;
  }

  Model model() {
    var opsets = new LinkedHashMap<String, Long>();
    opsets.put("", 1L + random.nextInt(28));
    opsets.put("org.example", number());
    return new Model(
        3 + random.nextInt(12),
        text(),
        text(),
        text(),
        number(),
        opsets,
        graph(3, List.of()),
        some(this::function),
        details());
  }

  private Graph graph(int depth, List<String> outer) {
    var visible = new ArrayList<>(outer);
    Map<String, Tensor> initializers = named(this::tensor);
    Map<String, SparseTensor> sparse = named(this::sparse);
    List<ValueInfo> inputs = some(() -> new ValueInfo(name(), type(2), details()));
    visible.addAll(initializers.keySet());
    visible.addAll(sparse.keySet());
    inputs.forEach(input -> visible.add(input.name()));
    List<Node> nodes = nodes(depth, visible);
    return new Graph(
        text(),
        nodes,
        initializers,
        sparse,
        inputs,
        some(() -> new ValueInfo(pick(visible), type(2), details())).stream()
            .filter(output -> !output.name().isEmpty())
            .toList(),
        some(() -> new ValueInfo(name(), type(2), details())),
        some(() -> Bytes.utf8("\n\1" + (char) ('a' + random.nextInt(26)))),
        details());
  }

  private List<Node> nodes(int depth, List<String> visible) {
    return some(
        () -> {
          List<String> outputs = some(() -> random.nextInt(4) == 0 ? "" : name());
          var node =
              new Node(
                  text(),
                  name(),
                  text(),
                  text(),
                  some(() -> pick(visible)),
                  outputs,
                  named(() -> attribute(depth, visible)),
                  details());
          visible.addAll(outputs);
          return node;
        });
  }

  private Function function() {
    List<String> inputs = some(this::name);
    return new Function(
        name(),
        text(),
        text(),
        inputs,
        inputs,
        some(this::name),
        named(() -> attribute(0, List.of())),
        nodes(1, new ArrayList<>(inputs)),
        Map.of("", 21L),
        some(() -> new ValueInfo(name(), type(1), details())),
        details());
  }

  private Attribute attribute(int depth, List<String> visible) {
    return switch (random.nextInt(depth > 0 ? 15 : 13)) {
      case 0 -> new Attribute.IntValue(number());
      case 1 -> new Attribute.FloatValue(real());
      case 2 -> new Attribute.StringValue(bytes());
      case 3 -> new Attribute.TensorValue(tensor());
      case 4 -> new Attribute.SparseTensorValue(sparse());
      case 5 -> new Attribute.TypeValue(type(3));
      case 6 -> new Attribute.IntValues(some(this::number));
      case 7 -> new Attribute.FloatValues(some(this::real));
      case 8 -> new Attribute.StringValues(some(this::bytes));
      case 9 -> new Attribute.TensorValues(some(this::tensor));
      case 10 -> new Attribute.SparseTensorValues(some(this::sparse));
      case 11 -> new Attribute.TypeValues(some(() -> type(2)));
      case 12 -> new Attribute.Reference(name(), 1 + random.nextInt(14));
      case 13 -> new Attribute.GraphValue(graph(depth - 1, visible));
      default -> new Attribute.GraphValues(some(() -> graph(depth - 1, visible)));
    };
  }

  private Type type(int depth) {
    DataType element = pick(DataType.values());
    Optional<Shape> shape =
        random.nextInt(4) == 0 ? Optional.empty() : Optional.of(new Shape(some(this::dim)));
    return switch (random.nextInt(depth > 0 ? 6 : 3)) {
      case 0 -> new Type.TensorType(element, shape);
      case 1 -> new Type.SparseTensorType(element, shape);
      case 2 -> new Type.OtherType(Bytes.EMPTY);
      case 3 -> new Type.SequenceType(type(depth - 1));
      case 4 -> new Type.OptionalType(type(depth - 1));
      default -> new Type.MapType(element, type(depth - 1));
    };
  }

  private Dim dim() {
    return switch (random.nextInt(3)) {
      case 0 -> Dim.of(random.nextLong(1L << 40));
      case 1 -> Dim.symbol(name());
      default -> Dim.unknown();
    };
  }

  private Tensor tensor() {
    DataType type = pick(DataType.values());
    long[] dims = random.longs(random.nextInt(4), 0, 5).toArray();
    if (type == DataType.STRING) {
      int size = (int) Tensor.elements(dims);
      List<Bytes> strings = Stream.generate(this::bytes).limit(size).toList();
      return dims.length == 0
          ? Tensor.ofStrings(strings, 1).reshape()
          : Tensor.ofStrings(strings, dims);
    }
    Tensor tensor = Tensor.allocate(type, dims);
    for (long k = 0; k < tensor.data().byteSize(); k++) {
      tensor.data().set(ValueLayout.JAVA_BYTE, k, (byte) random.nextInt());
    }
    return tensor;
  }

  private SparseTensor sparse() {
    int count = random.nextInt(4);
    var values = random.gaussian(count);
    return random.nextBoolean()
        ? new SparseTensor(values, indices(count, 1).reshape(count), Shape.of(7, 11))
        : new SparseTensor(values, indices(count, 2), Shape.of(7, 11));
  }

  private Tensor indices(int count, int width) {
    return Tensor.of(random.longs((long) count * width, 0, 7).toArray(), count, width);
  }

  private Details details() {
    return random.nextInt(3) > 0
        ? Details.NONE
        : new Details(text(), named(this::text), Bytes.of(new byte[] {(byte) 0xa0, 0x06, 5}));
  }

  private <T> List<T> some(Supplier<T> one) {
    return Stream.generate(one).limit(random.nextInt(4)).toList();
  }

  private <T> Map<String, T> named(Supplier<T> one) {
    var map = new LinkedHashMap<String, T>();
    some(one).forEach(value -> map.put(name(), value));
    return map;
  }

  private long number() {
    return NUMBERS[random.nextInt(NUMBERS.length)];
  }

  private float real() {
    return REALS[random.nextInt(REALS.length)];
  }

  private Bytes bytes() {
    byte[] bytes = new byte[random.nextInt(5)];
    random.nextBytes(bytes);
    return Bytes.of(bytes);
  }

  private String text() {
    return random.nextBoolean() ? "" : "T\u00e9xt \u6728 " + random.nextInt(100);
  }

  private String name() {
    return "n" + names++;
  }

  private String pick(List<String> names) {
    return names.isEmpty() ? "" : names.get(random.nextInt(names.size()));
  }

  private <T> T pick(T[] values) {
    return values[random.nextInt(values.length)];
  }
}
