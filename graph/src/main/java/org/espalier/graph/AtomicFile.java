package org.espalier.graph;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.util.UUID;

/**
 * Files that are written whole or not at all: under a temporary name in the target's folder, then
 * moved. Until then what was there stays as it was, and after a failure nothing new is left.
 *
 * <p>A target that exists keeps its permissions; one that is a symbolic link stays one, and what it
 * points to is replaced. Something that is no file, such as a pipe, is written to directly.
 */
public final class AtomicFile {
  /** Writes the contents. */
  @FunctionalInterface
  public interface Contents {
    void writeTo(WritableByteChannel channel) throws IOException;
  }

  private AtomicFile() {}

  /**
   * Writes {@code contents} to {@code target}.
   *
   * @throws InvalidInputException where the target can't be written, or not in full; the message
   *     starts with its name
   */
  public static void write(Path target, Contents contents) {
    try {
      Path real = Files.exists(target) ? target.toRealPath() : target.toAbsolutePath();
      if (Files.isDirectory(real)) {
        throw new FileSystemException(target.toString(), null, "is a folder, expected a file name");
      } else if (Files.exists(real) && !Files.isRegularFile(real)) {
        try (FileChannel channel = FileChannel.open(real, StandardOpenOption.WRITE)) {
          contents.writeTo(channel);
        }
      } else {
        replace(real, contents);
      }
    } catch (IOException e) {
      throw new InvalidInputException(target + ": " + reason(e), e);
    }
  }

  /** The same with a text, in UTF-8. */
  public static void write(Path target, String text) {
    ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
    write(
        target,
        channel -> {
          while (bytes.hasRemaining()) {
            channel.write(bytes);
          }
        });
  }

  private static void replace(Path target, Contents contents) throws IOException {
    Path folder = target.getParent();
    if (!Files.isDirectory(folder)) {
      throw new NoSuchFileException(target.toString(), null, "no folder " + folder);
    }
    if (Files.exists(target) && !Files.isWritable(target)) {
      throw new AccessDeniedException(target.toString());
    }
    Path temporary = folder.resolve("." + target.getFileName() + "." + UUID.randomUUID() + ".tmp");
    // Also gone when the user stops the program in mid-writing.
    temporary.toFile().deleteOnExit();
    try {
      try (FileChannel channel =
          FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        contents.writeTo(channel);
        channel.force(true);
      }
      keepPermissions(target, temporary);
      move(temporary, target);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private static void keepPermissions(Path from, Path to) throws IOException {
    var view = Files.getFileAttributeView(from, PosixFileAttributeView.class);
    if (view != null && Files.exists(from)) {
      Files.setPosixFilePermissions(to, view.readAttributes().permissions());
    }
  }

  private static void move(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /** What went wrong, without the path, which Java puts first and the caller has named. */
  public static String reason(IOException e) {
    return switch (e) {
      case FileSystemException known when known.getReason() != null -> known.getReason();
      case NoSuchFileException missing -> "no such file";
      case AccessDeniedException denied -> "permission denied";
      case NotDirectoryException file -> "is not a folder";
      default -> e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    };
  }
}
