package org.espalier.graph.onnx;

import ai.onnx.proto.OnnxMl;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** ONNX as Google's own protobuf library reads it, in one form for what can be said in several. */
final class Protos {
  private Protos() {}

  /** The same message with all tensor data raw and without fields that hold their default. */
  static Message normal(Message message) {
    if (message instanceof TensorProto tensor) {
      return normal(tensor);
    }
    Message.Builder out = message.newBuilderForType().setUnknownFields(message.getUnknownFields());
    message
        .getAllFields()
        .forEach(
            (field, value) -> {
              if (field.isRepeated() && field.getType() == FieldDescriptor.Type.MESSAGE) {
                ((List<?>) value).forEach(e -> out.addRepeatedField(field, normal((Message) e)));
              } else if (field.getType() == FieldDescriptor.Type.MESSAGE) {
                out.setField(field, normal((Message) value));
              } else if (field.isRepeated() || !value.equals(field.getDefaultValue())) {
                out.setField(field, value);
              }
            });
    if (message instanceof OnnxMl.TensorShapeProto.Dimension dim && dim.getDimValue() == -1) {
      ((OnnxMl.TensorShapeProto.Dimension.Builder) out).clearDimValue();
    }
    return out.build();
  }

  private static TensorProto normal(TensorProto tensor) {
    var out =
        tensor.toBuilder()
            .clearFloatData()
            .clearInt32Data()
            .clearInt64Data()
            .clearDoubleData()
            .clearUint64Data()
            .clearDataLocation()
            .clearName()
            .clearDocString();
    if (!tensor.getName().isEmpty()) {
      out.setName(tensor.getName());
    }
    if (!tensor.getDocString().isEmpty()) {
      out.setDocString(tensor.getDocString());
    }
    if (tensor.getDataType() == TensorProto.DataType.STRING_VALUE) {
      return out.build();
    }
    return out.setRawData(ByteString.copyFrom(data(tensor))).build();
  }

  /** The elements as ONNX stores them raw. */
  static byte[] data(TensorProto tensor) {
    if (tensor.hasRawData() && !tensor.getRawData().isEmpty()) {
      return tensor.getRawData().toByteArray();
    }
    ByteBuffer bytes =
        ByteBuffer.allocate(16 + tensor.getSerializedSize() * 8).order(ByteOrder.LITTLE_ENDIAN);
    tensor.getFloatDataList().forEach(bytes::putFloat);
    tensor.getDoubleDataList().forEach(bytes::putDouble);
    tensor.getInt64DataList().forEach(bytes::putLong);
    for (long value : tensor.getUint64DataList()) {
      if (tensor.getDataType() == TensorProto.DataType.UINT32_VALUE) {
        bytes.putInt((int) value);
      } else {
        bytes.putLong(value);
      }
    }
    for (int value : tensor.getInt32DataList()) {
      switch (tensor.getDataType()) {
        case TensorProto.DataType.INT32_VALUE -> bytes.putInt(value);
        case TensorProto.DataType.FLOAT16_VALUE,
            TensorProto.DataType.BFLOAT16_VALUE,
            TensorProto.DataType.INT16_VALUE,
            TensorProto.DataType.UINT16_VALUE ->
            bytes.putShort((short) value);
        default -> bytes.put((byte) value);
      }
    }
    return Arrays.copyOf(bytes.array(), bytes.position());
  }

  /** A model whose graph is {@code graph}. */
  static OnnxMl.ModelProto model(OnnxMl.GraphProto.Builder graph) {
    return OnnxMl.ModelProto.newBuilder()
        .setIrVersion(10)
        .addOpsetImport(OnnxMl.OperatorSetIdProto.newBuilder().setDomain("").setVersion(21))
        .setGraph(graph.setName("g"))
        .build();
  }

  static OnnxMl.NodeProto.Builder node(String op, List<String> inputs, List<String> outputs) {
    return OnnxMl.NodeProto.newBuilder()
        .setOpType(op)
        .setName(op.toLowerCase(Locale.ROOT) + "_" + String.join("_", outputs))
        .addAllInput(new ArrayList<>(inputs))
        .addAllOutput(outputs);
  }

  static OnnxMl.ValueInfoProto value(String name) {
    return OnnxMl.ValueInfoProto.newBuilder().setName(name).build();
  }

  static TensorProto.Builder floats(String name, float... values) {
    var tensor =
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(TensorProto.DataType.FLOAT_VALUE)
            .addDims(values.length);
    for (float value : values) {
      tensor.addFloatData(value);
    }
    return tensor;
  }
}
