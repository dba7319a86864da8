package org.espalier.graph.onnx;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.espalier.graph.Bytes;

/**
 * A message in Protocol Buffers' wire format, being put together.
 *
 * <p>It is a list of pieces: small things are copied into buffers, weights are only referred to, so
 * that a message of many gigabytes takes little memory and is written in one pass.
 */
final class WireWriter {
  /** Data of this many bytes and more are referred to, not copied. */
  private static final int LARGE = 4096;

  /** A channel copies what it is given into a buffer of that size when it isn't a direct one. */
  private static final long CHUNK = 1 << 24;

  private final List<MemorySegment> pieces = new ArrayList<>();
  private byte[] buffer = new byte[64];
  private int used;
  private long flushed;

  /** Bytes so far. */
  long length() {
    return flushed + used;
  }

  void integer(int field, long value) {
    tag(field, WireReader.VARINT);
    varint(value);
  }

  /** An integer whose default is 0, left out when it is that. */
  void integerUnlessZero(int field, long value) {
    if (value != 0) {
      integer(field, value);
    }
  }

  void real(int field, float value) {
    tag(field, WireReader.FIXED32);
    fixed32(value);
  }

  void text(int field, String text) {
    bytes(field, text.getBytes(UTF_8));
  }

  /** Text whose default is empty, left out when it is that. */
  void textUnlessEmpty(int field, String text) {
    if (!text.isEmpty()) {
      text(field, text);
    }
  }

  void bytes(int field, byte[] bytes) {
    tag(field, WireReader.BYTES);
    varint(bytes.length);
    append(bytes, bytes.length);
  }

  void data(int field, MemorySegment data) {
    tag(field, WireReader.BYTES);
    varint(data.byteSize());
    append(data);
  }

  void message(int field, WireWriter inner) {
    tag(field, WireReader.BYTES);
    varint(inner.length());
    inner.pieces.forEach(this::append);
    append(inner.buffer, inner.used);
  }

  /** Fields that are already in wire format. */
  void append(Bytes bytes) {
    append(bytes.toArray(), bytes.length());
  }

  void writeTo(WritableByteChannel out) throws IOException {
    for (MemorySegment piece : pieces) {
      write(piece, out);
    }
    write(MemorySegment.ofArray(buffer).asSlice(0, used), out);
  }

  static void write(MemorySegment data, WritableByteChannel out) throws IOException {
    for (long at = 0; at < data.byteSize(); at += CHUNK) {
      var chunk = data.asSlice(at, Math.min(CHUNK, data.byteSize() - at)).asByteBuffer();
      while (chunk.hasRemaining()) {
        out.write(chunk);
      }
    }
  }

  byte[] toBytes() {
    byte[] all = new byte[Math.toIntExact(length())];
    int at = 0;
    for (MemorySegment piece : pieces) {
      MemorySegment.copy(piece, JAVA_BYTE, 0, all, at, (int) piece.byteSize());
      at += (int) piece.byteSize();
    }
    System.arraycopy(buffer, 0, all, at, used);
    return all;
  }

  private void tag(int field, int type) {
    varint((long) field << 3 | type);
  }

  private void varint(long value) {
    reserve(10);
    long left = value;
    while ((left & ~0x7fL) != 0) {
      buffer[used++] = (byte) (left | 0x80);
      left >>>= 7;
    }
    buffer[used++] = (byte) left;
  }

  private void fixed32(float value) {
    reserve(4);
    int bits = Float.floatToRawIntBits(value);
    for (int k = 0; k < 4; k++) {
      buffer[used++] = (byte) (bits >>> (8 * k));
    }
  }

  /** Bytes that are already in wire format. */
  void append(MemorySegment data) {
    if (data.byteSize() < LARGE) {
      append(data.toArray(JAVA_BYTE), (int) data.byteSize());
    } else {
      flush();
      pieces.add(data);
      flushed += data.byteSize();
    }
  }

  private void append(byte[] bytes, int length) {
    reserve(length);
    System.arraycopy(bytes, 0, buffer, used, length);
    used += length;
  }

  private void flush() {
    if (used > 0) {
      pieces.add(MemorySegment.ofArray(Arrays.copyOf(buffer, used)));
      flushed += used;
      used = 0;
    }
  }

  private void reserve(int bytes) {
    if (buffer.length - used < bytes) {
      buffer = Arrays.copyOf(buffer, Math.max(used + bytes, 2 * buffer.length));
    }
  }
}
