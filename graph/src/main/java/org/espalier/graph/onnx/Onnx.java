package org.espalier.graph.onnx;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.espalier.graph.AtomicFile;
import org.espalier.graph.DataType;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Malformed;
import org.espalier.graph.Model;
import org.espalier.graph.ModelCheck;
import org.espalier.graph.Shape;
import org.espalier.graph.SparseTensor;
import org.espalier.graph.Tensor;

/**
 * ONNX files, read and written.
 *
 * <p>Reading maps the file: weights are read-only views of it, loaded when they are used, and the
 * file must stay as it is meanwhile (replacing it, as {@link #write} does, is fine; overwriting it
 * in place is not). Writing is atomic.
 *
 * <p>Whatever is wrong, with the file or with reading and writing it, is an {@link
 * InvalidInputException} whose message starts with the file's name.
 */
public final class Onnx {
  /** What protobuf's readers accept in one message. */
  private static final long MAX_MESSAGE = Integer.MAX_VALUE;

  private Onnx() {}

  /**
   * Reads a model. Nodes that are out of order are put in order; weights outside the file must lie
   * in its folder.
   */
  public static Model read(Path file) {
    return in(
        file.toString(),
        () -> {
          MemorySegment data = map(file);
          try {
            return checked(data, ExternalFiles.beside(file), file.toString());
          } catch (IOException e) {
            throw new InvalidInputException(AtomicFile.reason(e), e);
          }
        });
  }

  /**
   * The files that a model is read from: its own, then those beside it that hold its weights, by
   * name, links followed.
   */
  public static List<Path> files(Path file) {
    return in(
        file.toString(),
        () -> {
          MemorySegment data = map(file);
          try {
            ExternalFiles external = ExternalFiles.beside(file);
            ModelReader.read(data, external, file.toString());
            return Stream.concat(Stream.of(file), external.used().stream().sorted()).toList();
          } catch (IOException e) {
            throw new InvalidInputException(AtomicFile.reason(e), e);
          }
        });
  }

  /** Reads a model that has no weights outside these bytes. */
  public static Model parse(byte[] bytes) {
    return parse(MemorySegment.ofArray(bytes));
  }

  /** Reads a model from memory, which weights will refer to unless it is on the Java heap. */
  public static Model parse(MemorySegment bytes) {
    return in("model", () -> checked(offHeap(bytes), ExternalFiles.none(), "model"));
  }

  private static Model checked(MemorySegment data, ExternalFiles files, String file) {
    Model model = NodeOrder.sorted(ModelReader.read(data, files, file), file);
    ModelCheck.check(model);
    return Unpacking.unpacked(model);
  }

  /**
   * Reads a tensor from a file that holds a {@code TensorProto}, as ONNX's conformance cases have
   * them. Sequences and optionals, which have messages of their own, are refused.
   */
  public static Tensor readTensor(Path file) {
    return in(file.toString(), () -> tensor(map(file)));
  }

  /** Reads a tensor from the bytes of a {@code TensorProto}. */
  public static Tensor readTensor(byte[] bytes) {
    return in("tensor", () -> tensor(offHeap(MemorySegment.ofArray(bytes))));
  }

  private static Tensor tensor(MemorySegment data) {
    try {
      return new TensorReader(ExternalFiles.none())
          .read(WireReader.of(data, "TensorProto"))
          .tensor();
    } catch (InvalidInputException e) {
      throw new InvalidInputException(
          "not a tensor (sequences and optionals can't be read): " + e.getMessage(), e);
    }
  }

  /** Writes a model to one file, or, where it takes over 2 GB, its weights to another beside it. */
  public static void write(Model model, Path file) {
    WireWriter whole = ModelWriter.write(model);
    if (whole.length() > MAX_MESSAGE) {
      write(model, file, ExternalData.in(file.getFileName() + ".data"));
    } else {
      AtomicFile.write(file, whole::writeTo);
    }
  }

  /** Writes a model, and its weights to a file beside it. */
  public static void write(Model model, Path file, ExternalData weights) {
    var external = new ExternalWriter(weights);
    WireWriter rest = ModelWriter.write(model, external);
    if (rest.length() > MAX_MESSAGE) {
      throw new InvalidInputException(
          "%s: %d bytes without its external data, a file can have %d"
              .formatted(file, rest.length(), MAX_MESSAGE));
    }
    if (file.getFileName().toString().equals(weights.file())) {
      throw new InvalidInputException(file + ": the model and its weights can't be one file");
    }
    if (!external.isEmpty()) {
      AtomicFile.write(file.resolveSibling(weights.file()), external::writeTo);
    }
    AtomicFile.write(file, rest::writeTo);
  }

  /** How many bytes the model takes as a file, weights included; nothing is written. */
  public static long length(Model model) {
    return ModelWriter.write(model).length();
  }

  /**
   * How many bytes a sparse initializer takes in a file, in its form; for the packed form,
   * constants that several tensors can share count whole.
   */
  public static long length(String name, SparseTensor tensor) {
    return tensor.form() == SparseTensor.Form.PACKED
        ? Packing.length(name, tensor)
        : TensorWriter.write(name, tensor).length();
  }

  /** Whether files of this model can hold a tensor in this form as an initializer. */
  public static boolean holds(Model model, SparseTensor.Form form, DataType type, Shape shape) {
    return switch (form) {
      case INDEXED -> Packing.holdsIndexed(model);
      case PACKED -> Packing.fits(model, type, shape);
    };
  }

  /** The model as the bytes of a file, which must be under 2 GB. */
  public static byte[] toBytes(Model model) {
    return bytes(ModelWriter.write(model));
  }

  /** The tensor as the bytes of a {@code TensorProto}. */
  public static byte[] toBytes(String name, Tensor tensor) {
    return bytes(TensorWriter.write(name, tensor));
  }

  private static byte[] bytes(WireWriter message) {
    if (message.length() > MAX_MESSAGE) {
      throw new InvalidInputException(
          "%d bytes, an array can have %d".formatted(message.length(), MAX_MESSAGE));
    }
    return message.toBytes();
  }

  private static <T> T in(String file, Supplier<T> body) {
    return Malformed.at(file, body);
  }

  private static MemorySegment map(Path file) {
    Optional<String> wrong =
        !Files.exists(file)
            ? Optional.of("no such file")
            : Files.isDirectory(file)
                ? Optional.of("is a folder, expected a file")
                : Files.isRegularFile(file) ? Optional.empty() : Optional.of("is not a file");
    if (wrong.isPresent()) {
      throw new InvalidInputException(wrong.get());
    }
    try {
      return MappedFile.open(file);
    } catch (IOException e) {
      throw new InvalidInputException(AtomicFile.reason(e), e);
    }
  }

  private static MemorySegment offHeap(MemorySegment bytes) {
    if (bytes.isNative()) {
      return bytes.asReadOnly();
    }
    MemorySegment copy = Arena.ofAuto().allocate(bytes.byteSize(), Tensor.ALIGNMENT);
    return copy.copyFrom(bytes).asReadOnly();
  }
}
