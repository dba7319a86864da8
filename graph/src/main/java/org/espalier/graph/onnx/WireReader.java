package org.espalier.graph.onnx;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.espalier.graph.Bytes;
import org.espalier.graph.InvalidInputException;

/**
 * A walk over the fields of one message in Protocol Buffers' wire format.
 *
 * <p>Nothing is believed: every length is held against what is left of the message, a varint ends
 * after ten bytes, and messages nest at most {@link #DEPTH} deep, so a walk takes time and memory
 * in proportion to the bytes that are really there. Errors name the message, the field and the byte
 * in the file.
 */
final class WireReader {
  static final int VARINT = 0;
  static final int FIXED64 = 1;
  static final int BYTES = 2;
  static final int FIXED32 = 5;

  /** How deep messages may nest; protobuf's own readers have the same limit. */
  static final int DEPTH = 100;

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LITTLE_ENDIAN);

  private final MemorySegment data;
  private final long offset;
  private final String message;
  private final int depth;
  private long position;
  private long start;
  private int field;
  private int type;

  private WireReader(MemorySegment data, long offset, String message, int depth) {
    this.data = data;
    this.offset = offset;
    this.message = message;
    this.depth = depth;
  }

  /** A walk over {@code data}, which is a message of the type named {@code message}. */
  static WireReader of(MemorySegment data, String message) {
    return new WireReader(data, 0, message, 1);
  }

  /** Steps to the next field; false at the end of the message. */
  boolean next() {
    if (position == data.byteSize()) {
      return false;
    }
    start = position;
    long tag = readVarint();
    field = (int) (tag >>> 3);
    type = (int) (tag & 7);
    if (tag < 0 || tag >>> 32 != 0 || field == 0) {
      throw error("a field number of " + (tag >>> 3) + ", expected 1 to 536870911");
    }
    if (type == 3 || type == 4 || type > FIXED32) {
      throw error("field " + field + " has wire type " + type + ", which ONNX doesn't use");
    }
    return true;
  }

  int field() {
    return field;
  }

  long varint(String name) {
    expect(name, VARINT);
    return readVarint();
  }

  float fixed32(String name) {
    expect(name, FIXED32);
    return data.get(FLOAT, advance(4, name));
  }

  MemorySegment segment(String name) {
    expect(name, BYTES);
    long length = readVarint();
    if (length < 0) {
      throw error(name + " has a negative length");
    }
    return data.asSlice(advance(length, name), length);
  }

  Bytes bytes(String name) {
    return Bytes.of(segment(name).toArray(JAVA_BYTE));
  }

  /** Text, which must be UTF-8: names that are not could not be told apart or written back. */
  String text(String name) {
    byte[] bytes = segment(name).toArray(JAVA_BYTE);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new InvalidInputException(place() + name + " is not UTF-8 text", e);
    }
  }

  /** A walk over the message in this field. */
  WireReader message(String name, String type) {
    if (depth == DEPTH) {
      throw error(name + " is nested more than " + DEPTH + " messages deep");
    }
    MemorySegment inner = segment(name);
    return new WireReader(inner, offset + position - inner.byteSize(), type, depth + 1);
  }

  /** The integers of a repeated field: one, or many when packed. */
  void integers(String name, LongConsumer each) {
    integers(varints(name), message + '.' + name, each);
  }

  /** Each integer of {@code packed}, which is that field's contents. */
  static void integers(MemorySegment packed, String name, LongConsumer each) {
    var numbers = new WireReader(packed, 0, name, 0);
    while (numbers.position < packed.byteSize()) {
      each.accept(numbers.readVarint());
    }
  }

  /** The encoded integers of a repeated field: one, or many when packed. */
  MemorySegment varints(String name) {
    if (type == VARINT) {
      long first = position;
      readVarint();
      return data.asSlice(first, position - first);
    }
    return segment(name);
  }

  /** The floats of a repeated field: one, or many when packed. */
  void floats(String name, Consumer<Float> each) {
    MemorySegment values = fixed(name, 4);
    for (long at = 0; at < values.byteSize(); at += 4) {
      each.accept(values.get(FLOAT, at));
    }
  }

  /** The 32 or 64 bit numbers of a repeated field, as bytes: one, or many when packed. */
  MemorySegment fixed(String name, int width) {
    if (type == (width == 4 ? FIXED32 : FIXED64)) {
      return data.asSlice(advance(width, name), width);
    }
    MemorySegment values = segment(name);
    if (values.byteSize() % width != 0) {
      throw error(
          "%s has %d bytes, expected a multiple of %d".formatted(name, values.byteSize(), width));
    }
    return values;
  }

  /** The whole message. */
  MemorySegment all() {
    return data;
  }

  /** This field with its tag, uninterpreted. */
  MemorySegment raw() {
    switch (type) {
      case VARINT -> readVarint();
      case FIXED64 -> advance(8, "field " + field);
      case FIXED32 -> advance(4, "field " + field);
      default -> segment("field " + field);
    }
    return data.asSlice(start, position - start);
  }

  private void expect(String name, int expected) {
    if (type != expected) {
      throw error(
          "%s (field %d) has wire type %d, expected %d".formatted(name, field, type, expected));
    }
  }

  private long advance(long bytes, String name) {
    long left = data.byteSize() - position;
    if (bytes > left) {
      throw error("%s takes %d bytes, %d are left".formatted(name, bytes, left));
    }
    long at = position;
    position += bytes;
    return at;
  }

  private long readVarint() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (position == data.byteSize()) {
        throw error("ends in the middle of a number");
      }
      byte next = data.get(JAVA_BYTE, position++);
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw error("a number of more than ten bytes");
  }

  private InvalidInputException error(String what) {
    return new InvalidInputException(place() + what);
  }

  private String place() {
    return message + " at byte " + (offset + start) + ": ";
  }
}
