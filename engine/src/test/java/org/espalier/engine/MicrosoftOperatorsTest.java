package org.espalier.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Details;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.infer.Shapes;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.reference.Agreement;
import org.espalier.reference.OnnxRuntime;
import org.junit.jupiter.api.RepeatedTest;

/** ONNX Runtime's own operators, in the forms that its optimiser and quantiser write, on both. */
class MicrosoftOperatorsTest {
  /** A small one would show how the mean of two numbers that are nearly equal was rounded. */
  private static final Attribute EPSILON = Attribute.of(0.1f);

  private final SeededRandom random = SeededRandom.fresh();
  private final Map<String, Tensor> given = new LinkedHashMap<>();
  private final Map<String, Attribute> attributes = new LinkedHashMap<>();
  private final List<String> inputs = new ArrayList<>();

  private final int batch = 1 + random.nextInt(3);
  private final int length = 1 + random.nextInt(5);
  private final int heads = 1 + random.nextInt(3);
  private final int size = 2 * (1 + random.nextInt(4));
  private final int width = heads * size;

  @RepeatedTest(8)
  void attention() {
    attributes.put("num_heads", Attribute.of(heads));
    boolean causal = random.nextBoolean();
    attributes.put("unidirectional", Attribute.of(causal ? 1 : 0));
    int past = causal && random.nextBoolean() ? 3 : 0;
    add("x", random.gaussian(batch, length, 6));
    add("w", random.gaussian(6, 3L * width));
    add("b", random.gaussian(3L * width));
    mask(past);
    if (past > 0) {
      add("past", random.gaussian(2, batch, heads, past, size));
    }
    check("Attention", past > 0 ? List.of("y", "present") : List.of("y"));
  }

  @RepeatedTest(8)
  void multiHeadAttention() {
    attributes.put("num_heads", Attribute.of(heads));
    int keys = length + random.nextInt(3);
    add("q", random.gaussian(batch, length, width));
    add("k", random.gaussian(batch, keys, width));
    add("v", random.gaussian(batch, keys, width));
    optional("b", random.gaussian(3L * width));
    if (random.nextBoolean()) {
      add("mask", bits(batch, keys));
    } else {
      inputs.add("");
    }
    optional("bias", random.gaussian(1, heads, length, keys));
    check("MultiHeadAttention", List.of("y"));
  }

  @RepeatedTest(4)
  void rotaryEmbedding() {
    attributes.put("interleaved", Attribute.of(random.nextInt(2)));
    if (random.nextBoolean()) {
      add("x", random.gaussian(batch, heads, length, size));
    } else {
      add("x", random.gaussian(batch, length, width));
    }
    long[] positions = random.longs((long) batch * length, 0, 9).toArray();
    add("at", Tensor.of(positions, batch, length));
    add("cos", random.gaussian(9, size / 2));
    add("sin", random.gaussian(9, size / 2));
    check("RotaryEmbedding", List.of("y"));
  }

  @RepeatedTest(4)
  void embedLayerNormalization() {
    add("ids", Tensor.of(random.ints((long) batch * length, 0, 11).toArray(), batch, length));
    boolean segments = random.nextBoolean();
    if (segments) {
      add("segments", bits(batch, length));
    } else {
      inputs.add("");
    }
    add("words", random.gaussian(11, width));
    add("positions", random.gaussian(7, width));
    if (segments) {
      add("kinds", random.gaussian(2, width));
    } else {
      inputs.add("");
    }
    add("gamma", random.gaussian(width));
    add("beta", random.gaussian(width));
    add("mask", bits(batch, length));
    attributes.put("epsilon", EPSILON);
    check("EmbedLayerNormalization", List.of("y", "lengths"));
  }

  @RepeatedTest(4)
  void skipLayerNormalization() {
    add("x", random.gaussian(batch, length, width));
    add("skip", random.gaussian(batch, length, width));
    add("gamma", random.gaussian(width));
    optional("beta", random.gaussian(width));
    optional("bias", random.gaussian(width));
    attributes.put("epsilon", EPSILON);
    check("SkipLayerNormalization", List.of("y", "", "", "sum"));
  }

  @RepeatedTest(4)
  void quantisedSums() {
    for (String part : List.of("a", "b")) {
      quantised(part, DataType.UINT8, 1, 3, 4, 5);
    }
    add("yScale", Tensor.scalar(0.03f));
    add("yZero", zero(DataType.UINT8));
    check(random.nextBoolean() ? "QLinearAdd" : "QLinearMul", List.of("y"));
  }

  @RepeatedTest(4)
  void quantisedFunctions() {
    quantised("x", DataType.UINT8, 1, 3, 5, 5);
    add("yScale", Tensor.scalar(0.01f));
    add("yZero", zero(DataType.UINT8));
    List<String> ops = List.of("QLinearSigmoid", "QLinearLeakyRelu", "QLinearGlobalAveragePool");
    check(ops.get(random.nextInt(3)), List.of("y"));
  }

  @RepeatedTest(4)
  void quantisedConcat() {
    add("yScale", Tensor.scalar(0.03f));
    add("yZero", zero(DataType.UINT8));
    quantised("a", DataType.UINT8, 2, 3, 4);
    quantised("b", DataType.UINT8, 2, 5, 4);
    attributes.put("axis", Attribute.of(1));
    check("QLinearConcat", List.of("y"));
  }

  @RepeatedTest(4)
  void quantisedChoice() {
    boolean[] mask = new boolean[12];
    for (int k = 0; k < mask.length; k++) {
      mask[k] = random.nextBoolean();
    }
    add("condition", Tensor.of(mask, 3, 4));
    quantised("a", DataType.UINT8, 2, 3, 4);
    quantised("b", DataType.UINT8, 1);
    add("yScale", Tensor.scalar(0.03f));
    add("yZero", zero(DataType.UINT8));
    check("QLinearWhere", List.of("y"));
  }

  @RepeatedTest(4)
  void quantisedGemm() {
    quantised("a", DataType.UINT8, 3, 5);
    quantised("b", DataType.UINT8, 5, 4);
    add("c", Tensor.of(random.ints(4, -50, 50).toArray(), 4));
    if (random.nextBoolean()) {
      add("yScale", Tensor.scalar(0.05f));
      add("yZero", zero(DataType.UINT8));
    }
    check("QGemm", List.of("y"));
  }

  @RepeatedTest(4)
  void dynamicallyQuantised() {
    add("a", random.gaussian(batch, length, 5));
    add("b", bytes(DataType.UINT8, 5, 4));
    add("scale", Tensor.scalar(0.1f));
    optional("zero", zero(DataType.UINT8));
    optional("bias", random.gaussian(4));
    check("DynamicQuantizeMatMul", List.of("y"));
  }

  @RepeatedTest(4)
  void integerProducts() {
    add("a", bytes(DataType.UINT8, batch, length, 5));
    add("b", bytes(DataType.UINT8, 5, 4));
    add("aScale", Tensor.scalar(0.1f));
    add("bScale", Tensor.scalar(0.02f));
    optional("aZero", zero(DataType.UINT8));
    optional("bZero", zero(DataType.UINT8));
    optional("bias", random.gaussian(4));
    check("MatMulIntegerToFloat", List.of("y"));
  }

  private void add(String name, Tensor tensor) {
    given.put(name, tensor);
    inputs.add(name);
  }

  private void optional(String name, Tensor tensor) {
    if (random.nextBoolean()) {
      add(name, tensor);
    } else {
      inputs.add("");
    }
  }

  /** Absent, of keys, of lengths, or of queries and keys. */
  private void mask(int past) {
    int keys = length + past;
    switch (random.nextInt(4)) {
      case 0 -> inputs.add("");
      case 1 -> add("mask", bits(batch, keys));
      case 2 -> add("mask", Tensor.of(random.ints(batch, 1, keys + 1).toArray(), batch));
      default -> add("mask", bits(batch, length, keys));
    }
  }

  /** Zeros and ones; the first of a row is a one, so that something is seen. */
  private Tensor bits(long... dims) {
    Tensor tensor = Tensor.allocate(DataType.INT32, dims);
    for (long k = 0; k < tensor.size(); k++) {
      tensor.setReal(k, k % dims[dims.length - 1] == 0 ? 1 : random.nextInt(2));
    }
    return tensor;
  }

  private Tensor bytes(DataType type, long... dims) {
    Tensor tensor = Tensor.allocate(type, dims);
    for (long k = 0; k < tensor.size(); k++) {
      tensor.setReal(k, random.nextInt(200));
    }
    return tensor;
  }

  private Tensor zero(DataType type) {
    return bytes(type);
  }

  private void quantised(String name, DataType type, long... dims) {
    add(name, bytes(type, dims));
    add(name + "Scale", Tensor.scalar(0.01f + 0.02f * random.nextFloat()));
    add(name + "Zero", zero(type));
  }

  private void check(String op, List<String> outputs) {
    while (inputs.getLast().isEmpty()) {
      inputs.removeLast();
    }
    var node = new Node("node", op, "com.microsoft", "", inputs, outputs, attributes, Details.NONE);
    List<ValueInfo> values =
        given.entrySet().stream()
            .map(e -> ValueInfo.of(e.getKey(), e.getValue().type(), e.getValue().shape()))
            .toList();
    List<String> named = outputs.stream().filter(name -> !name.isEmpty()).toList();
    DataType type =
        op.startsWith("QLinear") || given.containsKey("yScale") ? DataType.UINT8 : DataType.FLOAT;
    List<ValueInfo> declared =
        named.stream()
            .map(o -> new ValueInfo(o, Type.tensor(o.equals("lengths") ? DataType.INT32 : type)))
            .toList();
    var graph = new Graph("g", List.of(node), Map.of(), values, declared);
    var model =
        new Model(
            8,
            "test",
            "",
            "",
            0,
            Map.of("", 17L, "com.microsoft", 1L),
            graph,
            List.of(),
            Details.NONE);
    try (OnnxRuntime reference = OnnxRuntime.of(model);
        Session session = Engine.compile(model, new Options(1))) {
      Map<String, Tensor> expected = reference.run(given);
      Map<String, Tensor> actual = session.run(given);
      for (String output : named) {
        if (op.startsWith("Q")) {
          assertThat(Shapes.infer(model).shape(output)).contains(expected.get(output).shape());
        }
        Agreement agreement = Agreement.of(expected.get(output), actual.get(output), 1e-4);
        // Halves round either way, by whether the scales are divided or multiplied.
        boolean near = type != DataType.FLOAT && agreement.maxAbsoluteError() <= 1;
        assertThat(agreement.holds() || near)
            .as("%s %s %s of %s: %s", op, inputs, attributes, given, agreement.reason())
            .isTrue();
      }
    }
  }
}
