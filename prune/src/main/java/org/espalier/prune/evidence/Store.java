package org.espalier.prune.evidence;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.espalier.graph.DataType;
import org.espalier.graph.TemporaryFolder;
import org.espalier.graph.Tensor;

/**
 * Memory for what is gathered: native up to a limit, and files mapped into memory beyond it, which
 * the operating system writes out as it must.
 */
final class Store implements AutoCloseable {
  private final long limit;
  private final Arena arena = Arena.ofShared();
  private long used;
  private TemporaryFolder folder;
  private int files;

  Store(long limit) {
    this.limit = limit;
  }

  /** A tensor of zeros, which lives until the store is closed. */
  Tensor allocate(DataType type, long... dims) {
    long bytes = type.bytes(Tensor.elements(dims));
    used += bytes;
    if (used <= limit || bytes == 0) {
      return Tensor.of(type, dims, arena.allocate(bytes, Tensor.ALIGNMENT));
    }
    return Tensor.of(type, dims, mapped(bytes));
  }

  private MemorySegment mapped(long bytes) {
    try {
      if (folder == null) {
        folder = TemporaryFolder.create("evidence");
      }
      Path file = folder.resolve(Integer.toString(files++));
      try (FileChannel channel =
          FileChannel.open(
              file,
              StandardOpenOption.CREATE_NEW,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE)) {
        return channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, arena);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("no room for %,d bytes of evidence".formatted(bytes), e);
    }
  }

  @Override
  public void close() {
    arena.close();
    if (folder != null) {
      folder.close();
    }
  }
}
