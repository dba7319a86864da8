package org.espalier.graph.onnx;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.List;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/** Gathers the initializers that go into a file beside the model. */
final class ExternalWriter implements GraphWriter.Initializers {
  /** Large tensors start at a page, as ONNX asks for the sake of readers that map them. */
  private static final long PAGE = 4096;

  private static final long LARGE = 1 << 20;

  private record Part(long offset, MemorySegment data) {}

  private final ExternalData where;
  private final List<Part> parts = new ArrayList<>();
  private long end;

  ExternalWriter(ExternalData where) {
    this.where = where;
  }

  @Override
  public WireWriter write(String name, Tensor tensor) {
    long bytes = tensor.data().byteSize();
    if (tensor.type() == DataType.STRING || bytes == 0 || bytes < where.threshold()) {
      return TensorWriter.write(name, tensor);
    }
    long alignment = bytes < LARGE ? Tensor.ALIGNMENT : PAGE;
    long offset = Math.ceilDiv(end, alignment) * alignment;
    parts.add(new Part(offset, tensor.data()));
    end = offset + bytes;
    return TensorWriter.external(name, tensor, where.file(), offset);
  }

  boolean isEmpty() {
    return parts.isEmpty();
  }

  void writeTo(WritableByteChannel out) throws IOException {
    long at = 0;
    for (Part part : parts) {
      WireWriter.write(MemorySegment.ofArray(new byte[(int) (part.offset() - at)]), out);
      WireWriter.write(part.data(), out);
      at = part.offset() + part.data().byteSize();
    }
  }
}
