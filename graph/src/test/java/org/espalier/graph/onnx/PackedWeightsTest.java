package org.espalier.graph.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.espalier.graph.DataType;
import org.espalier.graph.Details;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.SparseTensor;
import org.espalier.graph.SparseTensor.Form;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.eval.Evaluator;
import org.espalier.graph.pass.SparseStorage;
import org.espalier.graph.pass.Storage;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Packed weights come back bit by bit, and their nodes compute the same in any other reader. */
class PackedWeightsTest {
  private static final long[][] SHAPES = {
    {1}, {7}, {31, 1}, {1, 97}, {64, 32, 1, 1}, {12, 5, 3, 3}, {16, 24}, {3, 5, 7, 2, 4}, {1021}
  };

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.001, 0.05, 0.1, 0.3, 0.7, 1})
  void comeBackBitByBit(double density) {
    var random = SeededRandom.fresh();
    for (long[] dims : SHAPES) {
      for (int height : new int[] {1, 2, 4, 8}) {
        assertComesBack(random(random, DataType.FLOAT, density, height, true, dims), 17);
        assertComesBack(random(random, DataType.FLOAT, density, height, false, dims), 17);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT16", "DOUBLE", "BFLOAT16"})
  void otherTypesComeBackToo(DataType type) {
    var random = SeededRandom.fresh();
    assertComesBack(random(random, type, 0.1, 1, true, 40, 13, 3), 20);
    assertComesBack(random(random, type, 0.1, 4, true, 40, 13, 3), 20);
  }

  @Test
  void longGapsAreSplit() {
    for (int gap : new int[] {255, 256, 65_535, 65_536, 1_000_000}) {
      float[] values = new float[gap + 5];
      values[1] = 1;
      values[1 + gap] = 2;
      assertComesBack(Tensor.of(values, values.length), 11);
      for (int k = 2; k < 200 && k < gap; k++) {
        values[k] = k; // short gaps, for which the radix is chosen, before the long one
      }
      assertComesBack(Tensor.of(values, values.length), 11);
    }
  }

  @Test
  void strangeFloatsComeBack() {
    float[] values = new float[64];
    values[3] = -0f;
    values[9] = Float.MIN_VALUE;
    values[17] = -Float.MIN_VALUE;
    values[18] = Float.intBitsToFloat(0x7fc12345);
    values[40] = Float.intBitsToFloat(0xff812345);
    values[63] = Float.NEGATIVE_INFINITY;
    assertComesBack(Tensor.of(values, 4, 16), 13);
  }

  @Test
  void blocksShareAGap() {
    var random = SeededRandom.fresh();
    Tensor rows = random(random, DataType.FLOAT, 0.1, 4, true, 128, 300);
    Tensor columns = random(random, DataType.FLOAT, 0.1, 4, false, 128, 300);
    Tensor single = random(random, DataType.FLOAT, 0.1, 1, true, 128, 300);
    for (Tensor blocks : List.of(rows, columns)) {
      PackedTensor packed = PackedTensor.of(SparseTensor.of(blocks, Form.PACKED));
      assertThat(packed.blocks().height()).isEqualTo(4);
      assertThat(packed.words().size() * 32.0 / blocks.nonzeros()).isLessThan(2);
    }
    PackedTensor packed = PackedTensor.of(SparseTensor.of(single, Form.PACKED));
    assertThat(packed.blocks().height()).isEqualTo(1);
    double bits = 8.0 * (packed.words().data().byteSize() + packed.values().data().byteSize());
    assertThat(bits / single.nonzeros()).isLessThan(32 + 4.7 + 2);
  }

  @Test
  void aFileIsTheSameWhenReadAndWritten() {
    Model model = packed(weights(), 13);
    byte[] bytes = Onnx.toBytes(model);
    assertThat(Onnx.toBytes(Onnx.parse(bytes))).isEqualTo(bytes);
    Path file = folder.resolve("packed.onnx");
    Onnx.write(model, file, ExternalData.in("packed.weights"));
    Model read = Onnx.read(file);
    assertThat(read.graph().sparseInitializers()).isEqualTo(model.graph().sparseInitializers());
    assertThat(read.graph().nodes()).isEqualTo(model.graph().nodes());
    assertThat(Onnx.toBytes(read)).isEqualTo(bytes);
  }

  @Test
  void namesInUseAreLeftAlone() {
    Model model = packed(weights(), 13);
    Graph graph = model.graph();
    var constants = new LinkedHashMap<>(graph.initializers());
    constants.put("w/gaps", Tensor.scalar(5f));
    constants.put("packed/axis", Tensor.scalar(6f));
    var nodes = new ArrayList<>(graph.nodes());
    nodes.add(Node.of("Add", List.of("w/gaps", "packed/axis"), List.of("w/digits")));
    Model taken =
        model.withGraph(
            new Graph(
                "g",
                nodes,
                constants,
                graph.sparseInitializers(),
                graph.inputs(),
                List.of(
                    graph.outputs().getFirst(),
                    ValueInfo.of("w/digits", DataType.FLOAT, Shape.SCALAR)),
                List.of(),
                List.of(),
                Details.NONE));
    Model read = Onnx.parse(Onnx.toBytes(taken));
    assertThat(read.graph()).isEqualTo(taken.graph());
  }

  @Test
  void nodesThatAnotherUsesStay() {
    Model file = Packing.packed(packed(weights(), 13));
    Graph graph = file.graph();
    Model shared =
        file.withGraph(
            new Graph(
                graph.name(),
                graph.nodes(),
                graph.initializers(),
                graph.inputs(),
                List.of(
                    graph.outputs().getFirst(),
                    ValueInfo.of("w/ends", DataType.INT32, Shape.of(-1, 1)))));
    assertThat(Onnx.parse(Onnx.toBytes(shared)).graph().nodes()).isEqualTo(graph.nodes());
  }

  @Test
  void formatsThatLackTheNodesGetAnotherForm() {
    Tensor weights = weights();
    Model old = new SparseStorage(Storage.COMPRESSED).apply(model(weights, 7, 10));
    assertThat(old.graph().sparseInitializers().get("w").form()).isEqualTo(Form.INDEXED);
    assertThat(Onnx.parse(Onnx.toBytes(old)).graph().initializer("w")).contains(weights);
    Model older = new SparseStorage(Storage.COMPRESSED).apply(model(weights, 3, 8));
    assertThat(older.graph().initializers()).containsEntry("w", weights);
    // A model that lost its operator set on the way is written all the same.
    Model lost = packed(weights, 13);
    Model without = Model.of(lost.graph(), 7, 10);
    assertThat(Onnx.parse(Onnx.toBytes(without)).graph().initializer("w")).contains(weights);
  }

  @Test
  void storageGoesThereAndBack() {
    Model dense = model(weights(), 8, 17);
    Model there = Onnx.parse(Onnx.toBytes(new SparseStorage(Storage.COMPRESSED).apply(dense)));
    assertThat(there.graph().sparseInitializers()).containsKey("w");
    assertThat(new SparseStorage(Storage.SPARSE).apply(there).graph().sparseInitializers())
        .hasEntrySatisfying("w", sparse -> assertThat(sparse.form()).isEqualTo(Form.INDEXED));
    assertThat(new SparseStorage(Storage.DENSE).apply(there)).isEqualTo(dense);
  }

  @Test
  void liesAreFound() {
    Tensor words = Tensor.of(new int[] {1, 1, 40}, 3, 1);
    assertRefused(constants -> replaced(constants, "w/gaps", words), "tensor 'w': ", " gaps for ");
    assertRefused(
        constants -> {
          Tensor gaps = constants.get("w/gaps").copy();
          gaps.setReal(0, Integer.MAX_VALUE);
          return replaced(constants, "w/gaps", gaps);
        },
        "tensor 'w': gap word 0 is too large");
    Radix radix = PackedTensor.of(SparseTensor.of(weights(), Form.PACKED)).radix();
    assertRefused(
        constants -> {
          Tensor gaps = constants.get("w/gaps").copy();
          for (long k = 0; k < gaps.size(); k++) {
            gaps.setReal(k, Math.pow(radix.base(), radix.digits()) - 1);
          }
          return replaced(constants, "w/gaps", gaps);
        },
        "tensor 'w': gap ",
        "expected a later one of 520");
    assertRefused(
        constants -> {
          Tensor gaps = constants.get("w/gaps").copy();
          gaps.data().fill((byte) -1);
          return replaced(constants, "w/gaps", gaps);
        },
        "tensor 'w': gap 0 is -1");
    assertRefused(
        constants ->
            replaced(constants, "packed/shape/[40, 13]", Tensor.of(new long[] {41, 13}, 2)),
        "tensor 'w': unpacks 520 elements for shape [41, 13]");
    assertRefused(
        constants -> replaced(constants, "packed/shape/[520]", Tensor.of(new long[] {1L << 40}, 1)),
        "tensor 'w': unpacks 1099511627776 elements");
    assertRefused(
        constants -> replaced(constants, "packed/shape/[520]", Tensor.of(new long[] {-520}, 1)),
        "tensor 'w': ");
  }

  private void assertRefused(UnaryOperator<Map<String, Tensor>> lie, String... message) {
    Model file = Packing.packed(packed(weights(), 13));
    Model lying =
        file.withGraph(file.graph().withInitializers(lie.apply(file.graph().initializers())));
    Path path = folder.resolve("lying.onnx");
    Onnx.write(lying, path);
    assertThatThrownBy(() -> Onnx.read(path))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith(path.toString())
        .hasMessageContainingAll(message);
  }

  private static Map<String, Tensor> replaced(
      Map<String, Tensor> constants, String name, Tensor tensor) {
    assertThat(constants).containsKey(name);
    var changed = new LinkedHashMap<>(constants);
    changed.put(name, tensor);
    return changed;
  }

  private static Tensor weights() {
    return random(SeededRandom.of(5), DataType.FLOAT, 0.1, 1, true, 40, 13);
  }

  /** Our reader's result, and what the nodes of the file compute. */
  private static void assertComesBack(Tensor weights, long opset) {
    var sparse = SparseTensor.of(weights, Form.PACKED);
    assertThat(sparse.toDense()).isEqualTo(weights);
    PackedTensor packed = PackedTensor.of(sparse);
    assertThat(packed.unpacked()).isEqualTo(sparse);
    Model model = model(weights, 10, opset);
    Graph graph = model.graph();
    Model holding =
        model.withGraph(
            new Graph(
                "g",
                graph.nodes(),
                Map.of(),
                Map.of("w", sparse),
                graph.inputs(),
                graph.outputs(),
                List.of(),
                List.of(),
                Details.NONE));
    assertThat(Onnx.parse(Onnx.toBytes(holding)).graph()).isEqualTo(holding.graph());
    assertThat(computed(Packing.packed(holding).graph())).isEqualTo(weights);
  }

  /** The tensor that the unpacking nodes of a file make of its initializers. */
  private static Tensor computed(Graph file) {
    var values = new LinkedHashMap<>(file.initializers());
    for (Node node : file.nodes()) {
      if (node.is("Identity")) {
        break;
      }
      List<Tensor> inputs = node.inputs().stream().map(values::get).toList();
      values.put(node.outputs().getFirst(), Evaluator.evaluate(node, inputs).getFirst());
    }
    return values.get("w");
  }

  private static Model packed(Tensor weights, long opset) {
    Model model = new SparseStorage(Storage.COMPRESSED).apply(model(weights, 8, opset));
    assertThat(model.graph().sparseInitializers().get("w").form()).isEqualTo(Form.PACKED);
    return model;
  }

  private static Model model(Tensor weights, long irVersion, long opset) {
    var graph =
        new Graph(
            "g",
            List.of(Node.of("Identity", List.of("w"), List.of("y"))),
            Map.of("w", weights),
            List.of(),
            List.of(ValueInfo.of("y", weights.type(), Shape.of(weights.dims()))));
    return Model.of(graph, irVersion, opset);
  }

  /**
   * A tensor of which about a share isn't zero, in blocks along its first axis or its last where
   * the height fits them.
   */
  private static Tensor random(
      SeededRandom random, DataType type, double density, int height, boolean first, long... dims) {
    Tensor tensor = Tensor.allocate(type, dims);
    long inner = first ? tensor.size() / dims[0] : 1;
    var kept = new LinkedHashMap<Long, Boolean>();
    int width = type.bits() / 8;
    byte[] element = new byte[width];
    for (long k = 0; k < tensor.size(); k++) {
      long block = k / (height * inner) * inner + k % inner;
      if (kept.computeIfAbsent(block, key -> random.nextDouble() < density)) {
        random.nextBytes(element);
        MemorySegment.copy(MemorySegment.ofArray(element), 0, tensor.data(), k * width, width);
      }
    }
    return tensor;
  }
}
