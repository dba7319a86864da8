package org.espalier.train.data;

import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.espalier.graph.DataType;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;

/**
 * One pass over a dataset, batch by batch, prepared ahead on a thread of its own.
 *
 * <p>A few buffers go round between the two threads, so a pass allocates nothing however long it
 * is. What goes wrong while a batch is prepared is thrown by {@link #next()}; {@link #close()} ends
 * the thread wherever it is.
 */
public final class Batches implements Iterator<Batch>, AutoCloseable {
  private static final int BUFFERS = 4;

  /** What the other thread hands over: a batch with its buffer, or why there is none. */
  private sealed interface Handed {
    record Ready(Batch batch, Batch buffer) implements Handed {}

    record Failed(Throwable cause) implements Handed {}
  }

  private final Dataset data;
  private final int[] order;
  private final int size;
  private final long seed;
  private final int count;
  private final BlockingQueue<Batch> free = new ArrayBlockingQueue<>(BUFFERS);
  private final BlockingQueue<Handed> ready = new ArrayBlockingQueue<>(BUFFERS + 1);
  private final Thread thread;
  private int next;
  private Batch lent;

  private Batches(Dataset data, int[] order, int size, int count, long seed, int first) {
    this.data = data;
    this.order = order;
    this.size = size;
    this.count = count;
    this.seed = seed;
    this.next = first;
    for (int k = 0; k < Math.min(BUFFERS, count - first); k++) {
      free.add(Batch.room(data, size));
    }
    thread = Thread.ofPlatform().daemon().name("espalier-batches").unstarted(this::prepare);
    thread.start();
  }

  /**
   * A pass in an order drawn from the seed. A lone example left over at the end is dropped, for a
   * batch of one has no variance to normalise by; another one will be dropped next time.
   */
  public static Batches shuffled(Dataset data, int size, long seed) {
    return shuffled(data, size, seed, 0);
  }

  /** The same pass, from batch {@code first} on. */
  public static Batches shuffled(Dataset data, int size, long seed, int first) {
    int count = count(data, size);
    if (first < 0 || first > count) {
      throw new InvalidInputException("batch %d of a pass of %d".formatted(first, count));
    }
    return new Batches(data, Splits.shuffled(data.size(), seed), size, count, seed, first);
  }

  /** A pass over all examples in their order, for evaluation. */
  public static Batches inOrder(Dataset data, int size) {
    check(size);
    int count = Math.ceilDiv(data.size(), size);
    return new Batches(data, IntStream.range(0, data.size()).toArray(), size, count, 0, 0);
  }

  /** How many batches a shuffled pass has. */
  public static int count(Dataset data, int size) {
    check(size);
    boolean lone = size > 1 && data.size() > 1 && data.size() % size == 1;
    return Math.ceilDiv(data.size(), size) - (lone ? 1 : 0);
  }

  private static void check(int size) {
    if (size < 1) {
      throw new InvalidInputException("a batch of " + size + " examples, expected 1 or more");
    }
  }

  @Override
  public boolean hasNext() {
    return next < count;
  }

  /** The next batch; the one before is void from now on, its memory is used again. */
  @Override
  public Batch next() {
    if (!hasNext()) {
      throw new NoSuchElementException("batch " + next + " of " + count);
    }
    try {
      if (lent != null) {
        free.put(lent);
        lent = null;
      }
      return switch (ready.take()) {
        case Handed.Ready(Batch batch, Batch buffer) -> {
          lent = buffer;
          next++;
          yield batch;
        }
        case Handed.Failed(Throwable cause) -> {
          next = count;
          throw rethrown(cause);
        }
      };
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (CancellationException)
          new CancellationException("interrupted while waiting for batch " + next).initCause(e);
    }
  }

  private static RuntimeException rethrown(Throwable cause) {
    return switch (cause) {
      case InvalidInputException e -> new InvalidInputException(e.getMessage(), e);
      case Error e -> throw e;
      default -> new IllegalStateException("a batch could not be prepared: " + cause, cause);
    };
  }

  private void prepare() {
    try {
      for (int index = next; index < count; index++) {
        Batch buffer = free.take();
        int[] indices =
            Arrays.copyOfRange(order, index * size, Math.min(order.length, (index + 1) * size));
        Batch batch =
            new Batch(
                index,
                first(buffer.inputs(), indices.length),
                first(buffer.targets(), indices.length));
        data.fill(indices, Seeds.mix(seed, index), batch.inputs(), batch.targets());
        ready.put(new Handed.Ready(batch, buffer));
      }
    } catch (InterruptedException closed) {
      Thread.currentThread().interrupt();
    } catch (Throwable failure) { // the other thread throws it
      ready.add(new Handed.Failed(failure));
    }
  }

  /** The first {@code rows} of a tensor, over the same memory. */
  private static Tensor first(Tensor tensor, int rows) {
    long[] dims = tensor.dims();
    if (dims[0] == rows) {
      return tensor;
    }
    dims[0] = rows;
    DataType type = tensor.type();
    return Tensor.of(type, dims, tensor.data().asSlice(0, type.bytes(Tensor.elements(dims))));
  }

  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    next = count;
  }
}
