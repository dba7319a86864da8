package org.espalier.graph.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Google's protobuf library is the second opinion on each file that we write. */
class ProtobufAgreementTest {
  private static final int PARTS = 7;

  @Test
  void rewrittenModelsSayTheSame() throws IOException {
    int part = SeededRandom.fresh().nextInt(PARTS);
    for (String folder : List.of("onnx-backend", "exported", "trained")) {
      List<Path> files = CorpusTest.files(folder, ".onnx");
      for (int k = 0; k < files.size(); k++) {
        if (k % PARTS == part && !files.get(k).toString().contains("externaldata")) {
          sameAfterRewriting(files.get(k).toString(), Files.readAllBytes(files.get(k)));
        }
      }
    }
  }

  private static void sameAfterRewriting(String name, byte[] original) throws IOException {
    byte[] rewritten = Onnx.toBytes(Onnx.parse(original));
    assertThat(Protos.normal(ModelProto.parseFrom(rewritten)))
        .as(name)
        .isEqualTo(Protos.normal(ModelProto.parseFrom(original)));
  }

  /** Everything that our types have no place for. */
  @Test
  void whatNobodyReadsIsKept() throws IOException {
    var unknown =
        UnknownFieldSet.newBuilder()
            .addField(900, UnknownFieldSet.Field.newBuilder().addVarint(-1).addFixed64(7).build())
            .addField(
                901,
                UnknownFieldSet.Field.newBuilder()
                    .addFixed32(3)
                    .addLengthDelimited(ByteString.copyFromUtf8("newer"))
                    .build())
            .build();
    var entry = OnnxMl.StringStringEntryProto.newBuilder().setKey("k").setValue("v").build();
    var tensor =
        Protos.floats("inner", 1, 2).setDocString("of tensor").setUnknownFields(unknown).build();
    var dim = OnnxMl.TensorShapeProto.Dimension.newBuilder();
    var shape =
        OnnxMl.TensorShapeProto.newBuilder()
            .addDim(dim.clone().setDimParam("N").setDenotation("DATA_BATCH"))
            .addDim(dim.clone().setDimValue(3))
            .addDim(dim.clone());
    var type =
        OnnxMl.TypeProto.newBuilder()
            .setDenotation("IMAGE")
            .setTensorType(OnnxMl.TypeProto.Tensor.newBuilder().setElemType(1).setShape(shape));
    var opaque =
        OnnxMl.TypeProto.newBuilder()
            .setOpaqueType(OnnxMl.TypeProto.Opaque.newBuilder().setDomain("d").setName("n"));
    var attribute =
        OnnxMl.AttributeProto.newBuilder()
            .setName("value")
            .setType(OnnxMl.AttributeProto.AttributeType.TENSOR)
            .setT(tensor)
            .setDocString("of attribute")
            .setUnknownFields(unknown);
    var types =
        OnnxMl.AttributeProto.newBuilder()
            .setName("types")
            .setType(OnnxMl.AttributeProto.AttributeType.TYPE_PROTOS)
            .addTypeProtos(type)
            .addTypeProtos(opaque);
    var node =
        Protos.node("Odd", List.of("x", "", "w"), List.of("y", ""))
            .setDomain("org.example")
            .setDocString("of node")
            .addAttribute(attribute)
            .addAttribute(types)
            .setUnknownFields(unknown);
    var function =
        OnnxMl.FunctionProto.newBuilder()
            .setName("Odd")
            .setDomain("org.example")
            .setDocString("of function")
            .addInput("a")
            .addOutput("b")
            .addAttribute("must")
            .addAttributeProto(attribute)
            .addNode(
                Protos.node("Relu", List.of("a"), List.of("b"))
                    .addAttribute(
                        OnnxMl.AttributeProto.newBuilder()
                            .setName("alpha")
                            .setType(OnnxMl.AttributeProto.AttributeType.FLOAT)
                            .setRefAttrName("must")))
            .addOpsetImport(OnnxMl.OperatorSetIdProto.newBuilder().setDomain("").setVersion(21))
            .setUnknownFields(unknown);
    var graph =
        OnnxMl.GraphProto.newBuilder()
            .addNode(node)
            .addInitializer(tensor.toBuilder().setName("w"))
            .addInput(
                OnnxMl.ValueInfoProto.newBuilder()
                    .setName("x")
                    .setType(type)
                    .setDocString("of input")
                    .setUnknownFields(unknown))
            .addValueInfo(OnnxMl.ValueInfoProto.newBuilder().setName("o").setType(opaque))
            .addOutput(Protos.value("y"))
            .addQuantizationAnnotation(
                OnnxMl.TensorAnnotation.newBuilder()
                    .setTensorName("w")
                    .addQuantParameterTensorNames(entry))
            .setDocString("of graph")
            .setUnknownFields(unknown);
    ModelProto model =
        Protos.model(graph).toBuilder()
            .addFunctions(function)
            .addMetadataProps(entry)
            .addMetadataProps(entry.toBuilder().setValue("again"))
            .addTrainingInfo(
                OnnxMl.TrainingInfoProto.newBuilder().setAlgorithm(graph).addUpdateBinding(entry))
            .setUnknownFields(unknown)
            .build();
    sameAfterRewriting("all that can be said", model.toByteArray());
    var read = Onnx.parse(model.toByteArray());
    assertThat(read).isEqualTo(Onnx.parse(Onnx.toBytes(read)));
    assertThat(read.graph().inputs().getFirst().type()).isInstanceOf(Type.TensorType.class);
  }

  @ParameterizedTest
  @EnumSource
  void everyTypedFormIsReadAsProtobufReadsIt(DataType type) throws IOException {
    var random = SeededRandom.fresh();
    for (int size : new int[] {0, 1, 2, 7, 31, 1021}) {
      TensorProto typed = typed(type, size, random);
      Tensor read = Onnx.readTensor(typed.toByteArray());
      assertThat(read.type()).isEqualTo(type);
      assertThat(read.dims()).containsExactly(size);
      TensorProto written = TensorProto.parseFrom(Onnx.toBytes("t", read));
      if (type == DataType.STRING) {
        assertThat(written.getStringDataList()).isEqualTo(typed.getStringDataList());
      } else {
        assertThat(read.data().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(Protos.data(typed));
        assertThat(written.getRawData().toByteArray()).isEqualTo(Protos.data(typed));
      }
    }
  }

  private static TensorProto typed(DataType type, int size, SeededRandom random) {
    var tensor = TensorProto.newBuilder().setName("t").setDataType(type.code()).addDims(size);
    int numbers = type != DataType.STRING && type.bits() < 8 ? (int) type.bytes(size) : size;
    int width = Math.max(type.bits(), 8);
    for (int k = 0; k < numbers; k++) {
      switch (type) {
        case FLOAT -> tensor.addFloatData(Float.intBitsToFloat(random.nextInt() & 0xff7fffff));
        case COMPLEX64 -> tensor.addFloatData(k).addFloatData(-k);
        case DOUBLE -> tensor.addDoubleData(random.nextGaussian());
        case COMPLEX128 -> tensor.addDoubleData(k).addDoubleData(-k);
        case INT64 -> tensor.addInt64Data(random.nextLong());
        case UINT64 -> tensor.addUint64Data(random.nextLong());
        case UINT32 -> tensor.addUint64Data(random.nextInt() & 0xffffffffL);
        case STRING -> tensor.addStringData(ByteString.copyFrom(new byte[] {(byte) k, -1, 0}));
        case INT32 -> tensor.addInt32Data(random.nextInt());
        case INT8 -> tensor.addInt32Data((byte) random.nextInt());
        case INT16 -> tensor.addInt32Data((short) random.nextInt());
        default -> tensor.addInt32Data(random.nextInt() >>> (32 - width));
      }
    }
    return tensor.build();
  }

  /** Writers need not pack, and may say a thing twice: the last scalar counts, messages merge. */
  @Test
  void unpackedAndSplitFieldsAreRead() {
    byte[] unpacked = {0x08, 3, 0x10, 7, 0x38, 5, 0x3a, 2, (byte) 0x96, 1, 0x38, 6, 0x10, 7};
    assertThat(Onnx.readTensor(unpacked)).isEqualTo(Tensor.of(new long[] {5, 150, 6}));
    var whole =
        Protos.model(
            OnnxMl.GraphProto.newBuilder()
                .addInput(Protos.value("x"))
                .addNode(Protos.node("Relu", List.of("x"), List.of("y")))
                .addOutput(Protos.value("y")));
    byte[] more =
        ModelProto.newBuilder()
            .setGraph(
                OnnxMl.GraphProto.newBuilder()
                    .addNode(Protos.node("Relu", List.of("y"), List.of("z"))))
            .build()
            .toByteArray();
    var both = new ByteArrayOutputStream();
    both.writeBytes(whole.toByteArray());
    both.writeBytes(more);
    assertThat(Onnx.parse(both.toByteArray()).graph().nodes()).hasSize(2);
  }
}
