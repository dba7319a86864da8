package org.espalier.reference;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtUtil;
import ai.onnxruntime.TensorInfo;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;
import org.espalier.graph.Bytes;
import org.espalier.graph.DataType;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;

/** Our tensors as ONNX Runtime's and back. */
final class OrtTensors {
  private static final String PREFIX = "ONNX_TENSOR_ELEMENT_DATA_TYPE_";

  private OrtTensors() {}

  /** The tensor as an input of the session, over the same memory. */
  static OnnxTensor input(NodeInfo input, Tensor tensor) throws OrtException {
    DataType expected = typeOf((TensorInfo) input.getInfo());
    if (expected != tensor.type() && expected != UnsignedInputs.signed(tensor.type())) {
      throw new InvalidInputException(
          "input '%s' is %s, expected %s".formatted(input.getName(), tensor, expected));
    }
    return of(tensor);
  }

  /** An ONNX Runtime tensor over the same memory; unsigned types pass as signed ones. */
  static OnnxTensor of(Tensor tensor) throws OrtException {
    if (tensor.type() == DataType.STRING) {
      String[] texts = tensor.strings().stream().map(Bytes::toString).toArray(String[]::new);
      return OnnxTensor.createTensor(Natives.environment(), texts, tensor.dims());
    }
    MemorySegment data = tensor.data();
    boolean aligned = data.isNative() && data.address() % (tensor.type().bits() / 8) == 0;
    MemorySegment readable = aligned ? data : tensor.copy().data();
    return OnnxTensor.createTensor(
        Natives.environment(),
        readable.asByteBuffer().order(LITTLE_ENDIAN),
        tensor.dims(),
        javaType(tensor.type()));
  }

  /** A tensor for an output whose type and shape the model fixes. */
  static Optional<Tensor> fixed(TensorInfo info) {
    boolean fixed = Arrays.stream(info.getShape()).allMatch(size -> size > 0);
    DataType type = typeOf(info);
    return fixed && type != DataType.STRING && !isUnsigned(type)
        ? Optional.of(Tensor.allocate(type, info.getShape()))
        : Optional.empty();
  }

  private static boolean isUnsigned(DataType type) {
    return UnsignedInputs.signed(type) != type;
  }

  /** A copy in memory of ours; ONNX Runtime's goes with its result. */
  static Tensor output(OnnxTensor tensor) throws OrtException {
    TensorInfo info = tensor.getInfo();
    long[] dims = info.getShape();
    DataType type = typeOf(info);
    if (type == DataType.STRING) {
      Object value = tensor.getValue();
      String[] texts =
          value instanceof String text
              ? new String[] {text}
              : OrtUtil.flattenString((Object[]) value);
      return Tensor.ofStrings(Arrays.stream(texts).map(Bytes::utf8).toList(), dims).reshape(dims);
    }
    Tensor copy = Tensor.allocate(type, dims);
    if (copy.size() > 0) {
      copy.data().copyFrom(MemorySegment.ofBuffer(tensor.getByteBuffer()));
    }
    return copy;
  }

  /** Whether values of this type can be taken out of ONNX Runtime. */
  static boolean readable(TensorInfo info) {
    return info.type != OnnxJavaType.UNKNOWN;
  }

  private static DataType typeOf(TensorInfo info) {
    return DataType.valueOf(info.onnxType.name().substring(PREFIX.length()));
  }

  private static OnnxJavaType javaType(DataType type) {
    return switch (UnsignedInputs.signed(type)) {
      case FLOAT -> OnnxJavaType.FLOAT;
      case DOUBLE -> OnnxJavaType.DOUBLE;
      case FLOAT16 -> OnnxJavaType.FLOAT16;
      case BFLOAT16 -> OnnxJavaType.BFLOAT16;
      case INT8 -> OnnxJavaType.INT8;
      case INT16 -> OnnxJavaType.INT16;
      case INT32 -> OnnxJavaType.INT32;
      case INT64 -> OnnxJavaType.INT64;
      case UINT8 -> OnnxJavaType.UINT8;
      case BOOL -> OnnxJavaType.BOOL;
      default ->
          throw new InvalidInputException(
              "ONNX Runtime takes no tensors of " + type + " from Java");
    };
  }
}
