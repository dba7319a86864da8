package org.espalier.train;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardOpenOption.READ;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.espalier.graph.AtomicFile;
import org.espalier.graph.DataType;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;

/**
 * A file of named tensors and a few words about them, in the safetensors format: eight bytes with
 * the length of the header, the header as JSON (type, shape and place of each tensor), the data.
 */
record SafeTensors(Map<String, String> metadata, Map<String, Tensor> tensors) {
  private static final String METADATA = "__metadata__";
  private static final long LONGEST_HEADER = 100_000_000;
  private static final long CHUNK = 1 << 20;
  private static final Map<String, DataType> TYPES =
      Map.of(
          "F32", DataType.FLOAT,
          "F64", DataType.DOUBLE,
          "F16", DataType.FLOAT16,
          "BF16", DataType.BFLOAT16,
          "I64", DataType.INT64,
          "I32", DataType.INT32,
          "U8", DataType.UINT8,
          "BOOL", DataType.BOOL);

  /** Writes the file whole or not at all: beside its place first, then moved there. */
  void write(Path file) throws IOException {
    Path target = file.toAbsolutePath();
    Path part = target.resolveSibling("." + target.getFileName() + ".part");
    try {
      // A stream and no channel: an interrupt, which asks for this checkpoint, would close one.
      try (var out = new FileOutputStream(part.toFile())) {
        byte[] header = header();
        ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        out.write(length.putLong(0, header.length).array());
        out.write(header);
        for (Tensor tensor : tensors.values()) {
          MemorySegment data = tensor.data();
          for (long at = 0; at < data.byteSize(); at += CHUNK) {
            long size = Math.min(CHUNK, data.byteSize() - at);
            out.write(data.asSlice(at, size).toArray(ValueLayout.JAVA_BYTE));
          }
        }
        out.getFD().sync();
      }
      Files.move(part, target, ATOMIC_MOVE);
    } catch (IOException e) {
      var told = new FileSystemException(file.toString(), null, AtomicFile.reason(e));
      told.initCause(e);
      throw told;
    } finally {
      Files.deleteIfExists(part);
    }
  }

  private byte[] header() throws IOException {
    ObjectNode header = new ObjectMapper().createObjectNode();
    ObjectNode words = header.putObject(METADATA);
    metadata.forEach(words::put);
    long at = 0;
    for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
      Tensor tensor = entry.getValue();
      ObjectNode node = header.putObject(entry.getKey());
      node.put("dtype", code(tensor.type()));
      var shape = node.putArray("shape");
      for (long dim : tensor.dims()) {
        shape.add(dim);
      }
      node.putArray("data_offsets").add(at).add(at + tensor.data().byteSize());
      at += tensor.data().byteSize();
    }
    String json = header.toString();
    int length = json.getBytes(UTF_8).length;
    return (json + " ".repeat(Math.floorMod(-length, 8))).getBytes(UTF_8);
  }

  private static String code(DataType type) {
    return TYPES.entrySet().stream()
        .filter(entry -> entry.getValue() == type)
        .findFirst()
        .orElseThrow(() -> new InvalidInputException("safetensors has no type for " + type))
        .getKey();
  }

  /** Reads a file; its tensors are copies. */
  static SafeTensors read(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, READ);
        Arena arena = Arena.ofConfined()) {
      MemorySegment all = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      ByteBuffer start =
          all.asSlice(0, Math.min(Long.BYTES, all.byteSize()))
              .asByteBuffer()
              .order(ByteOrder.LITTLE_ENDIAN);
      long length = start.remaining() == Long.BYTES ? start.getLong() : -1;
      if (length < 2 || length > LONGEST_HEADER || length > all.byteSize() - Long.BYTES) {
        throw new InvalidInputException(
            "%s: not a safetensors file of ours, or cut: %d bytes, its header would take %d"
                .formatted(file, all.byteSize(), length));
      }
      byte[] json = all.asSlice(Long.BYTES, length).toArray(ValueLayout.JAVA_BYTE);
      JsonNode header = new ObjectMapper().readTree(json);
      var metadata = new LinkedHashMap<String, String>();
      var tensors = new LinkedHashMap<String, Tensor>();
      MemorySegment data = all.asSlice(Long.BYTES + length);
      for (Map.Entry<String, JsonNode> entry : header.properties()) {
        if (entry.getKey().equals(METADATA)) {
          entry
              .getValue()
              .properties()
              .forEach(e -> metadata.put(e.getKey(), e.getValue().asText()));
        } else {
          tensors.put(entry.getKey(), tensor(file, entry.getKey(), entry.getValue(), data));
        }
      }
      return new SafeTensors(metadata, tensors);
    } catch (JsonProcessingException e) {
      throw new InvalidInputException(file + ": header is not JSON: " + e.getOriginalMessage(), e);
    }
  }

  private static Tensor tensor(Path file, String name, JsonNode node, MemorySegment data) {
    DataType type = TYPES.get(node.path("dtype").asText());
    JsonNode offsets = node.path("data_offsets");
    long from = offsets.path(0).asLong(-1);
    long to = offsets.path(1).asLong(-1);
    long[] dims = node.path("shape").valueStream().mapToLong(dim -> dim.asLong(-1)).toArray();
    if (type == null
        || from < 0
        || to < from
        || to > data.byteSize()
        || type.bytes(Tensor.elements(dims)) != to - from) {
      throw new InvalidInputException(
          "%s: tensor '%s' is %s, the file has %d bytes of data"
              .formatted(file, name, node, data.byteSize()));
    }
    return Tensor.of(type, dims, data.asSlice(from, to - from)).copy();
  }
}
