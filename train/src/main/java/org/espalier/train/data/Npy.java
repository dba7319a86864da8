package org.espalier.train.data;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.espalier.graph.DataType;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;

/**
 * NumPy's array file: magic, version, a header that is a Python dictionary with {@code descr},
 * {@code fortran_order} and {@code shape}, then the elements.
 */
final class Npy {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final Pattern DESCR = Pattern.compile("'descr'\\s*:\\s*'([<>|=])([a-z])(\\d+)'");
  private static final Pattern FORTRAN = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
  private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([\\d,\\sL]*)\\)");

  private Npy() {}

  /**
   * Reads an array in row-major order.
   *
   * @param where what the bytes are called in an error
   */
  static Tensor read(byte[] file, String where) {
    if (file.length < 12 || !Arrays.equals(file, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
      throw new InvalidInputException(where + ": not a NumPy array (no '\\x93NUMPY' at its start)");
    }
    ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    int major = bytes.get(6);
    int start = major == 1 ? 10 : 12;
    long length = major == 1 ? bytes.getShort(8) & 0xffff : bytes.getInt(8) & 0xffffffffL;
    if (major < 1 || major > 3 || start + length > file.length) {
      throw new InvalidInputException(
          "%s: version %d with a header of %d bytes in a file of %d"
              .formatted(where, major, length, file.length));
    }
    String header = new String(file, start, (int) length, ISO_8859_1);
    Matcher descr = DESCR.matcher(header);
    Matcher fortran = FORTRAN.matcher(header);
    Matcher shape = SHAPE.matcher(header);
    if (!descr.find() || !fortran.find() || !shape.find()) {
      throw new InvalidInputException(
          where + ": header " + header.strip() + ", expected numbers in a plain array");
    }
    DataType type = type(descr.group(2) + descr.group(3), where);
    long[] dims =
        Arrays.stream(shape.group(1).split("[,\\sL]+"))
            .filter(size -> !size.isEmpty())
            .mapToLong(Long::parseLong)
            .toArray();
    int from = start + (int) length;
    byte[] elements = Arrays.copyOfRange(file, from, file.length);
    if (type.bytes(Tensor.elements(dims)) != elements.length) {
      throw new InvalidInputException(
          "%s: %d bytes of elements, an array of %s takes %d"
              .formatted(
                  where,
                  elements.length,
                  type + " " + Arrays.toString(dims),
                  type.bytes(Tensor.elements(dims))));
    }
    if (descr.group(1).equals(">")) {
      reverse(elements, type.bits() / 8);
    }
    if (fortran.group(1).equals("True") && dims.length > 1) {
      elements = rowMajor(elements, dims, type.bits() / 8);
    }
    Tensor tensor = Tensor.allocate(type, dims);
    tensor.data().copyFrom(MemorySegment.ofArray(elements));
    return tensor;
  }

  private static DataType type(String code, String where) {
    return switch (code) {
      case "f4" -> DataType.FLOAT;
      case "f8" -> DataType.DOUBLE;
      case "f2" -> DataType.FLOAT16;
      case "u1" -> DataType.UINT8;
      case "u2" -> DataType.UINT16;
      case "u4" -> DataType.UINT32;
      case "i1" -> DataType.INT8;
      case "i2" -> DataType.INT16;
      case "i4" -> DataType.INT32;
      case "i8" -> DataType.INT64;
      case "b1" -> DataType.BOOL;
      default ->
          throw new InvalidInputException(
              where + ": elements of type '" + code + "', expected floats, integers or booleans");
    };
  }

  private static void reverse(byte[] elements, int width) {
    for (int start = 0; start < elements.length; start += width) {
      for (int a = start, b = start + width - 1; a < b; a++, b--) {
        byte held = elements[a];
        elements[a] = elements[b];
        elements[b] = held;
      }
    }
  }

  private static byte[] rowMajor(byte[] elements, long[] dims, int width) {
    byte[] turned = new byte[elements.length];
    long[] index = new long[dims.length];
    for (int to = 0; to < elements.length; to += width) {
      long from = 0;
      for (int axis = dims.length - 1; axis >= 0; axis--) {
        from = from * dims[axis] + index[axis];
      }
      System.arraycopy(elements, (int) from * width, turned, to, width);
      for (int axis = dims.length - 1; axis >= 0 && ++index[axis] == dims[axis]; axis--) {
        index[axis] = 0;
      }
    }
    return turned;
  }
}
