package org.espalier.graph.onnx;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.SparseTensorProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each way in which a file can be wrong is bytes, and the message that they give. */
class HostileInputTest {
  private static final int FLOAT = TensorProto.DataType.FLOAT_VALUE;

  @TempDir Path folder;

  static Stream<Arguments> malformed() {
    return Stream.of(
        bad("", "is empty, expected an ONNX model"),
        bad("ffffffff", "not an ONNX model: ModelProto at byte 0: ends in the middle of a number"),
        bad(
            HexFormat.of().formatHex("<html>not found</html>".getBytes(UTF_8)),
            "not an ONNX model: ModelProto at byte 0: field 7 has wire type 4, which ONNX doesn't"
                + " use"),
        bad("00", "not an ONNX model: ModelProto at byte 0: a field number of 0, expected 1 to"),
        bad("080a", "not an ONNX model: no graph"),
        bad("08013a00", "ir_version 1, expected 3 or more"),
        bad("080a3a00", "no opset_import, expected the operator sets in use"),
        bad("3a00", "not an ONNX model: ir_version 0"),
        bad("080a3a05", "ModelProto at byte 2: graph takes 5 bytes, 0 are left"),
        bad("080a3a", "ModelProto at byte 2: ends in the middle of a number"),
        bad("080a3affffffffffffffffff01", "ModelProto at byte 2: graph has a negative length"),
        bad("080a3affffffffffffffff7f", "ModelProto at byte 2: graph takes 9223372036854775807"),
        bad("080a3880", "ModelProto at byte 2: graph (field 7) has wire type 0, expected 2"),
        bad(
            "080a2affffffffffffffffffffff01",
            "model_version (field 5) has wire type 2, expected 0"),
        bad("080a28ffffffffffffffffffffff01", "ModelProto at byte 2: a number of more than ten"),
        bad("080a1202c328", "ModelProto at byte 2: producer_name is not UTF-8 text"),
        bad("080a3a042a020802", "an initializer without a name"),
        bad("080a3a020a00", "node '' (): has no op_type"));
  }

  private static Arguments bad(String hex, String message) {
    return Arguments.of(HexFormat.of().parseHex(hex), message);
  }

  @ParameterizedTest
  @MethodSource({"malformed", "tensors", "graphs"})
  void messageNamesFileAndFault(byte[] bytes, String message) throws IOException {
    Path file = folder.resolve("bad.onnx");
    Files.write(file, bytes);
    assertThatThrownBy(() -> Onnx.read(file))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining(message);
  }

  static Stream<Arguments> tensors() {
    return Stream.of(
        tensor(
            t -> t.addDims(1L << 38).setRawData(ByteString.copyFrom(new byte[4])),
            "tensor 'w': FLOAT [274877906944] takes 1099511627776 bytes, raw_data has 4"),
        tensor(
            t -> t.addDims(1L << 40).setDataType(7).addInt64Data(1),
            "tensor 'w': INT64 [1099511627776] takes 1099511627776 numbers, int64_data has 1"),
        tensor(t -> t.addDims(1L << 32).addDims(1L << 32), "has over 2^63 elements"),
        tensor(t -> t.addDims(1L << 61).setDataType(11), "takes over 2^63 bits"),
        tensor(
            t -> t.addDims(-1), "tensor 'w': a tensor of shape [-1], expected sizes of 0 or more"),
        tensor(t -> t.addDims(2).addFloatData(1), "FLOAT [2] takes 8 bytes, float_data has 4"),
        tensor(t -> t, "tensor 'w': FLOAT [] takes 4 bytes, data has 0"),
        tensor(t -> t.setDataType(99), "tensor 'w': data_type 99 is unknown"),
        tensor(t -> t.setDataType(0), "tensor 'w': data_type 0 is unknown"),
        tensor(
            t -> t.addDims(1).addFloatData(1).addInt32Data(1),
            "tensor 'w': has data in float_data and int32_data, expected one field for its type"),
        tensor(t -> t.addDims(1).addInt32Data(1), "int32_data can't hold elements of type FLOAT"),
        tensor(
            t -> t.addDims(1).addFloatData(1).setDataType(7),
            "tensor 'w': float_data holds [FLOAT, COMPLEX64], the tensor is of type INT64"),
        tensor(
            t -> t.addDims(3).setDataType(8).addStringData(ByteString.EMPTY),
            "tensor 'w': STRING [3] takes 3 strings, string_data has 1"),
        tensor(
            t -> t.addDims(1).setSegment(TensorProto.Segment.getDefaultInstance()),
            "tensor 'w': is stored in segments, which ONNX doesn't define"),
        external("weights.bin", "", "", "external data in 'weights.bin', but the model's"),
        external("", "", "", "tensor 'w': external data without a location"),
        external("../etc", "", "", "external data in '../etc', outside the model's folder"),
        external("a/../../b", "", "", "external data in 'a/../../b', outside the model's folder"),
        external("/etc/passwd", "", "", "external data in '/etc/passwd', outside the model's"),
        external("a\0b", "", "", "which is no path"),
        external(".", "", "", "external data in '.', which is not a file"),
        external("bad.onnx", "-1", "", "external data with offset '-1', expected a number of"),
        external("bad.onnx", "1e3", "", "external data with offset '1e3', expected a number of"),
        external("bad.onnx", "0", "5", "external data have 5 bytes, the shape takes 4"),
        external(
            "bad.onnx", "9223372036854775807", "", "external data of 4 bytes start at byte 92"),
        external("bad.onnx", "100000", "4", "external data of 4 bytes start at byte 100000, 'bad."),
        sparse(2, 3, "index 0 is 3, expected 0 to 1"),
        sparse(2, -1, "sparse tensor 's': index 0 is -1, expected 0 to 1"),
        sparse(1L << 50, 3, "sparse tensor 's': FLOAT [1125899906842624] is over 16 GiB when"));
  }

  private interface Edit {
    TensorProto.Builder of(TensorProto.Builder tensor);
  }

  private static Arguments tensor(Edit edit, String message) {
    var tensor = edit.of(TensorProto.newBuilder().setName("w").setDataType(FLOAT));
    return Arguments.of(model(GraphProto.newBuilder().addInitializer(tensor)), message);
  }

  private static Arguments external(String location, String offset, String length, String message) {
    var missing = message.endsWith("but the model's") ? "which is not there" : message;
    return tensor(
        t -> {
          t.addDims(1).setDataLocation(TensorProto.DataLocation.EXTERNAL);
          entry(t, "location", location);
          entry(t, "offset", offset);
          entry(t, "length", length);
          return t;
        },
        missing);
  }

  private static void entry(TensorProto.Builder tensor, String key, String value) {
    if (!value.isEmpty()) {
      tensor.addExternalDataBuilder().setKey(key).setValue(value);
    }
  }

  private static Arguments sparse(long dim, long index, String message) {
    var indices = TensorProto.newBuilder().setDataType(7).addDims(1).addInt64Data(index);
    var sparse =
        SparseTensorProto.newBuilder()
            .setValues(Protos.floats("s", 1))
            .setIndices(indices)
            .addDims(dim);
    return Arguments.of(model(GraphProto.newBuilder().addSparseInitializer(sparse)), message);
  }

  static Stream<Arguments> graphs() {
    var attribute = AttributeProto.newBuilder().setName("a").setI(1);
    var twice =
        Protos.node("Relu", List.of("x"), List.of("y"))
            .addAttribute(attribute)
            .addAttribute(attribute);
    var untyped =
        Protos.node("Relu", List.of("x"), List.of("y"))
            .addAttribute(AttributeProto.newBuilder().setName("a"));
    var empty =
        Protos.node("Relu", List.of("x"), List.of("y"))
            .addAttribute(
                AttributeProto.newBuilder()
                    .setName("a")
                    .setType(AttributeProto.AttributeType.TENSOR));
    return Stream.of(
        graph(graph("Relu:x:y", "Relu:x:y"), "node 'relu_y' (Relu) makes 'y', which is already"),
        graph(graph("Relu:x:x"), "makes 'x', which is already an input or initializer"),
        graph(
            graph("Add:x,ghost:y"), "node 'add_y' (Add): input 'ghost' is made by no node and is"),
        graph(graph("Relu:x:z"), "output 'y' is made by no node and is no input or initializer"),
        graph(
            graph("Add:x,c:a", "Relu:a:b", "Relu:b:c", "Relu:c:y"),
            "nodes need each other in a cycle: 'add_a', 'relu_c', 'relu_b'"),
        graph(graph("Relu:y:y"), "nodes need each other in a cycle: 'relu_y'"),
        graph(graph("Relu:x:y").addInput(Protos.value("x")), "input 'x' is listed twice"),
        graph(graph("Relu:x:y").addInput(Protos.value("")), "an input without a name"),
        graph(
            graph("Relu:x:y")
                .addInitializer(Protos.floats("w", 1))
                .addInitializer(Protos.floats("w", 2)),
            "initializer 'w' is given twice"),
        graph(graph().addNode(twice), "node 'relu_y' (Relu): attribute 'a' is given twice"),
        graph(graph().addNode(untyped), "attribute 'a': has neither a type nor a value"),
        graph(graph().addNode(empty), "attribute 'a': is of type TENSOR and has no 't'"),
        graph(nested(40), "is nested more than 100 messages deep"),
        graph(
            graph().addNode(holding(graph("Relu:x:y", "Relu:nowhere:z"))),
            "node 'if_y' (If): node 'relu_z' (Relu): input 'nowhere' is made by no node"),
        Arguments.of(
            Protos.model(graph("Relu:x:y")).toBuilder()
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(3))
                .build()
                .toByteArray(),
            "operator set '' is imported as version 21 and 3"));
  }

  private static Arguments graph(GraphProto.Builder graph, String message) {
    return Arguments.of(model(graph), message);
  }

  /** A graph from input 'x' to output 'y'; a node is {@code Op:inputs:output}. */
  private static GraphProto.Builder graph(String... nodes) {
    var graph = GraphProto.newBuilder().addInput(Protos.value("x")).addOutput(Protos.value("y"));
    for (String node : nodes) {
      String[] part = node.split(":", -1);
      graph.addNode(Protos.node(part[0], List.of(part[1].split(",", -1)), List.of(part[2])));
    }
    return graph;
  }

  private static ai.onnx.proto.OnnxMl.NodeProto.Builder holding(GraphProto.Builder graph) {
    return Protos.node("If", List.of("x"), List.of("y"))
        .addAttribute(
            AttributeProto.newBuilder()
                .setName("then_branch")
                .setType(AttributeProto.AttributeType.GRAPH)
                .setG(graph));
  }

  private static GraphProto.Builder nested(int depth) {
    GraphProto.Builder graph = graph("Relu:x:y");
    for (int k = 0; k < depth; k++) {
      graph = graph().addNode(holding(graph));
    }
    return graph;
  }

  private static byte[] model(GraphProto.Builder graph) {
    return Protos.model(graph).toByteArray();
  }

  /** A cut anywhere in the graph is an error; after it, only where it cuts a field. */
  @Test
  void everyTruncationIsAnErrorOrAModel() {
    byte[] whole = model(graph("Relu:x:a", "Relu:a:y").addInitializer(Protos.floats("w", 1, 2)));
    for (int length = 0; length < whole.length; length++) {
      byte[] part = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> Onnx.parse(part)).isInstanceOf(InvalidInputException.class);
    }
  }

  @Test
  void nodesOutOfOrderArePutInOrderAndNoOthersMove() {
    Model model =
        Onnx.parse(model(graph("Relu:x:p", "Relu:b:y", "Relu:x:q", "Relu:a:b", "Relu:x:a")));
    assertThat(model.graph().nodes().stream().map(node -> node.outputs().getFirst()))
        .containsExactly("p", "q", "a", "b", "y");
  }

  @Test
  void subgraphsArePutInOrderToo() {
    var inner = graph("Relu:m:y", "Relu:outer:m").clearInput();
    var model =
        Onnx.parse(
            model(
                graph()
                    .addNode(holding(inner))
                    .addNode(Protos.node("Relu", List.of("x"), List.of("outer")))));
    assertThat(model.graph().nodes().stream().map(Node::op)).containsExactly("Relu", "If");
    assertThat(
            model.graph().nodes().getLast().subgraphs().getFirst().nodes().stream()
                .map(Node::label))
        .containsExactly("relu_m", "relu_y");
  }

  @Test
  void manyNodesInReverseTakeNoTime() {
    int size = 20_000;
    var graph = GraphProto.newBuilder().addInput(Protos.value("v0"));
    IntStream.range(0, size)
        .map(k -> size - k)
        .forEach(k -> graph.addNode(Protos.node("Relu", List.of("v" + (k - 1)), List.of("v" + k))));
    assertThat(Onnx.parse(model(graph)).graph().nodes().getLast().outputs())
        .containsExactly("v" + size);
  }

  @Test
  void notANumberIsLegalInAFile() {
    var graph = graph("Relu:x:y").addInitializer(Protos.floats("w", Float.NaN, 1));
    assertThat(Onnx.parse(model(graph)).graph().initializers().get("w").floatAt(0)).isNaN();
  }

  @Test
  void newerVersionsAreRead() {
    ModelProto model =
        Protos.model(graph("Relu:x:y")).toBuilder()
            .setIrVersion(99)
            .setOpsetImport(0, OperatorSetIdProto.newBuilder().setVersion(99))
            .build();
    assertThat(Onnx.parse(model.toByteArray()).opset()).isEqualTo(99);
  }

  @Test
  void missingFilesAndFoldersAreNamed() {
    Path missing = folder.resolve("missing.onnx");
    assertThatThrownBy(() -> Onnx.read(missing))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(missing + ": no such file");
    assertThatThrownBy(() -> Onnx.read(folder))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(folder + ": is a folder, expected a file");
  }

  @Test
  void modelFromMemoryHasNothingBesideIt() {
    byte[] bytes =
        model(
            GraphProto.newBuilder()
                .addInitializer(
                    Protos.floats("w")
                        .clearDims()
                        .addDims(1)
                        .setDataLocation(TensorProto.DataLocation.EXTERNAL)
                        .addExternalData(
                            ai.onnx.proto.OnnxMl.StringStringEntryProto.newBuilder()
                                .setKey("location")
                                .setValue("w.bin"))));
    assertThatThrownBy(() -> Onnx.parse(bytes))
        .hasMessage(
            "model: tensor 'w': external data in 'w.bin', but the model was not read from a file");
  }
}
