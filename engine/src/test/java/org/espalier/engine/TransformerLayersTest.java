package org.espalier.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Dim;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.build.GraphBuilder;
import org.espalier.graph.build.Init;
import org.espalier.graph.build.Value;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.reference.OnnxRuntime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What transformers do between products of constant weights, against ONNX Runtime. */
class TransformerLayersTest {
  private final SeededRandom random = SeededRandom.fresh();

  private Tensor numbers(long... dims) {
    Tensor tensor = Tensor.allocate(DataType.FLOAT, dims);
    for (long k = 0; k < tensor.size(); k++) {
      tensor.setFloat(k, (float) random.nextGaussian());
    }
    return tensor;
  }

  private static GraphBuilder builder() {
    return GraphBuilder.of("layers", 1).opset(17, 8);
  }

  private static Value input(GraphBuilder g, String name, DataType type, int rank) {
    Dim[] dims = new Dim[rank];
    for (int axis = 0; axis < rank; axis++) {
      dims[axis] = Dim.symbol(name + axis);
    }
    return g.input(name, type, dims);
  }

  /** Runs both and answers the kernels that the engine chose. */
  private static List<String> check(Model model, Map<String, Tensor> inputs, double tolerance) {
    try (Session session = Engine.compile(model, Options.standard().withThreads(2));
        OnnxRuntime reference = OnnxRuntime.of(model)) {
      Map<String, Tensor> expected = reference.run(inputs);
      Map<String, Tensor> actual = session.run(inputs);
      expected.forEach((name, tensor) -> same(name, tensor, actual.get(name), tolerance));
      return session.plan().stream().map(choice -> choice.op() + ": " + choice.kernel()).toList();
    }
  }

  private static void same(String name, Tensor expected, Tensor actual, double tolerance) {
    assertThat(actual.dims()).isEqualTo(expected.dims());
    double largest = 1e-3;
    for (long k = 0; k < expected.size(); k++) {
      double value = Math.abs(expected.realAt(k));
      largest = Double.isFinite(value) ? Math.max(largest, value) : largest;
    }
    for (long k = 0; k < expected.size(); k++) {
      double e = expected.realAt(k);
      double a = actual.realAt(k);
      boolean agree = Double.compare(e, a) == 0 || Math.abs(e - a) <= tolerance * largest;
      assertThat(agree).as("%s[%d]: %s, expected %s", name, k, a, e).isTrue();
    }
  }

  /** Heads of a projected value, as exporters spell them. */
  private static Value heads(Value x, long heads, long size) {
    return x.reshape(0, 0, heads, size).transpose(0, 2, 1, 3);
  }

  private static Value mix(Value x, String kind, Value mask, long heads, long size) {
    GraphBuilder g = x.builder();
    int features = (int) (heads * size);
    Value q = heads(x.matmul("q", features, Init.normal(0.2)), heads, size);
    Value k = heads(x.matmul("k", features, Init.normal(0.2)), heads, size);
    Value v = heads(x.matmul("v", features, Init.normal(0.2)), heads, size);
    Value scores = q.then("MatMul", k.transpose(0, 1, 3, 2)).mul(g.real(0.3f));
    Value masked =
        switch (kind) {
          case "added" -> scores.then("Add", mask);
          case "chosen" ->
              g.node(
                  "where",
                  "Where",
                  DataType.FLOAT,
                  scores.shape(),
                  Map.of(),
                  mask,
                  scores,
                  g.real(Float.NEGATIVE_INFINITY));
          default -> scores;
        };
    Value weights = masked.then("Softmax", Map.of("axis", Attribute.of(-1)));
    Value mixed = weights.then("MatMul", v).transpose(0, 2, 1, 3);
    return mixed.reshape(0, 0, features);
  }

  @ParameterizedTest
  @CsvSource({
    "1,1,1,3,none", "1,5,2,4,none", "2,17,3,5,none", "1,33,2,16,none", "3,64,1,7,none",
    "1,7,2,3,added", "2,31,2,8,added", "1,40,3,2,chosen", "2,9,2,5,chosen", "1,1,2,4,added"
  })
  void attention(int batch, int tokens, int heads, int size, String kind) {
    GraphBuilder g = builder();
    int width = 6;
    Value x = g.input("x", DataType.FLOAT, Dim.symbol("B"), Dim.symbol("S"), Dim.of(width));
    boolean chosen = kind.equals("chosen");
    Value mask =
        kind.equals("none") ? null : input(g, "mask", chosen ? DataType.BOOL : DataType.FLOAT, 4);
    Model model = g.output("y", mix(x, kind, mask, heads, size)).build();
    long[][] shapes = {
      {batch, 1, tokens, tokens}, {batch, 1, 1, tokens}, {1, heads, tokens, tokens}, {1, 1, 1, 1}
    };
    for (long[] shape : shapes) {
      var inputs = new LinkedHashMap<String, Tensor>();
      inputs.put("x", numbers(batch, tokens, width));
      if (mask != null) {
        inputs.put("mask", mask(shape, chosen));
      }
      List<String> kernels = check(model, inputs, 1e-4);
      assertThat(kernels).anyMatch(kernel -> kernel.contains("query by lane"));
    }
  }

  /** Where all is masked, results are those of ONNX Runtime, too: NaN. */
  private Tensor mask(long[] shape, boolean chosen) {
    Tensor numbers = numbers(shape);
    if (!chosen) {
      return numbers;
    }
    boolean[] holds = new boolean[(int) numbers.size()];
    for (int k = 0; k < holds.length; k++) {
      holds[k] = numbers.floatAt(k) < 0.5;
    }
    return Tensor.of(holds, shape);
  }

  @Test
  void notANumberStaysInItsQueriesWhereKeysAreMasked() {
    GraphBuilder g = builder();
    Value x = g.input("x", DataType.FLOAT, Dim.symbol("B"), Dim.symbol("S"), Dim.of(4));
    Value mask = input(g, "mask", DataType.BOOL, 2);
    Model model = g.output("y", mix(x, "chosen", mask, 2, 3)).build();
    int tokens = 11;
    boolean[] causal = new boolean[tokens * tokens];
    for (int k = 0; k < causal.length; k++) {
      causal[k] = k % tokens <= k / tokens;
    }
    for (float odd : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      Tensor tensor = numbers(1, tokens, 4);
      tensor.setFloat(4 * 7 + 1, odd);
      check(model, Map.of("x", tensor, "mask", Tensor.of(causal, tokens, tokens)), 1e-4);
    }
  }

  @ParameterizedTest
  @CsvSource({"1,1,8", "1,5,17", "2,9,32", "1,128,100", "3,33,64"})
  void normalisationSpelledOut(int batch, int tokens, int features) {
    for (boolean centred : new boolean[] {true, false}) {
      for (boolean turned : new boolean[] {true, false}) {
        GraphBuilder g = builder();
        Value x = input(g, "x", DataType.FLOAT, 3);
        Value from = turned ? x.transpose(0, 2, 1) : x;
        Map<String, Attribute> last = Map.of("axes", Attribute.of(new long[] {-1}));
        Value d = centred ? from.then("Sub", from.then("ReduceMean", last)) : from;
        Value variance = d.then("Pow", g.real(2)).then("ReduceMean", last);
        Value deviation = variance.then("Add", g.real(1e-5f)).then("Sqrt");
        Value normal =
            centred ? d.then("Div", deviation) : d.then("Mul", deviation.then("Reciprocal"));
        Value scaled = normal.then("Mul", g.initializer("scale", numbers(features)));
        Value y = centred ? scaled.then("Add", g.initializer("shift", numbers(features))) : scaled;
        Model model = g.output("y", y.then("Tanh")).build();
        long[] dims =
            turned ? new long[] {batch, features, tokens} : new long[] {batch, tokens, features};
        List<String> kernels = check(model, Map.of("x", numbers(dims)), 1e-4);
        assertThat(kernels).anyMatch(kernel -> kernel.contains("normalisation"));
      }
    }
  }

  /** Operators in any order of memory: as made, and with axes turned before and after. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 8, 31})
  void generalSteps(int size) {
    Map<String, UnaryOperator<Value>> steps = new LinkedHashMap<>();
    Map<String, Attribute> middle = Map.of("axis", Attribute.of(1));
    steps.put("softmax", x -> x.then("Softmax", Map.of("axis", Attribute.of(-1))));
    steps.put("softmax of the middle", x -> x.then("Softmax", middle));
    steps.put("log softmax", x -> x.then("LogSoftmax", middle));
    steps.put("sum", x -> x.then("ReduceSum", x.builder().integers(1)));
    steps.put("mean", x -> x.then("ReduceMean", Map.of("axes", Attribute.of(new long[] {0, 2}))));
    steps.put("all", x -> x.then("ReduceMax", Map.of("keepdims", Attribute.of(0))));
    steps.put("min", x -> x.then("ReduceMin", Map.of("axes", Attribute.of(new long[] {2}))));
    steps.put("product", x -> x.then("MatMul", x.transpose(0, 2, 1)));
    steps.put("turned product", x -> x.transpose(0, 2, 1).then("MatMul", x));
    steps.put("row", x -> x.then("Mul", x.builder().initializer("r", numbers(5))));
    steps.put(
        "column",
        x -> x.then("Sub", x.then("ReduceMax", Map.of("axes", Attribute.of(new long[] {-1})))));
    steps.put("outer", x -> x.slice(1, 0, 1, 1).then("Add", x.slice(2, 0, 1, 1)));
    steps.put("both", x -> x.then("Concat", middle, x.then("Exp"), x));
    steps.put("one", x -> x.then("Gather", middle, x.builder().integer(0)));
    steps.put("expanded", x -> x.slice(0, 0, 1, 1).then("Mul", x).then("Abs"));
    steps.put("power", x -> x.then("Abs").then("Pow", x.builder().real(1.5f)));
    steps.forEach(
        (name, step) -> {
          for (int[] order : new int[][] {{0, 1, 2}, {1, 0, 2}, {2, 1, 0}, {0, 2, 1}}) {
            GraphBuilder g = builder();
            Value x = input(g, "x", DataType.FLOAT, 3);
            Model model = g.output("y", step.apply(x.transpose(order)).then("Neg")).build();
            long[] sizes = {2, size, 5};
            long[] dims = new long[3];
            for (int axis = 0; axis < 3; axis++) {
              dims[order[axis]] = sizes[axis];
            }
            List<String> kernels = check(model, Map.of("x", numbers(dims)), 1e-4);
            assertThat(kernels).as(name).noneMatch(kernel -> kernel.contains("reference"));
          }
        });
  }

  @Test
  void looksUpRowsOfATable() {
    GraphBuilder g = builder();
    Value ids = input(g, "ids", DataType.INT64, 2);
    Value table = g.initializer("table", numbers(7, 5));
    Model model = g.output("y", table.then("Gather", ids).then("Neg")).build();
    check(model, Map.of("ids", Tensor.of(new long[] {0, 6, -1, 3, 3, -7}, 2, 3)), 0);
  }
}
