package org.espalier.engine.plan;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.espalier.engine.plan.Plan.Result;
import org.espalier.graph.DataType;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;

/** Hands the results of a run to the caller, who owns them from then on. */
final class Results {
  private Results() {}

  /** Refuses targets that results can't be left in. */
  static void check(Result[] results, Map<String, Tensor> inputs, Map<String, Tensor> targets) {
    if (targets.isEmpty()) {
      return;
    }
    List<String> names = Arrays.stream(results).map(Result::name).toList();
    targets.forEach(
        (name, target) -> {
          int at = names.indexOf(name);
          if (at < 0) {
            throw new InvalidInputException("no output '" + name + "'; the model has " + names);
          }
          Home home = results[at].home();
          if (home.dims() != null) {
            check(name, target, home.type(), home.dims());
          }
          if (target.data().isReadOnly()) {
            throw new InvalidInputException("output '" + name + "' can't be written to");
          }
          if (shares(target, inputs.values())) {
            throw new InvalidInputException("output '" + name + "' shares memory with an input");
          }
        });
  }

  private static void check(String name, Tensor target, DataType type, long[] dims) {
    if (target.type() != type || !Arrays.equals(target.dims(), dims) || type == DataType.STRING) {
      throw new InvalidInputException(
          "a tensor of %s for output '%s', which is %s %s"
              .formatted(target, name, type, Arrays.toString(dims)));
    }
  }

  /** Whether the tensor lies in the memory of one of {@code others}. */
  private static boolean shares(Tensor tensor, Collection<Tensor> others) {
    for (Tensor other : others) {
      if (tensor.data().asOverlappingSlice(other.data()).isPresent()) {
        return true;
      }
    }
    return false;
  }

  /** The result in {@code target}, or where that is null in a tensor that is nobody else's. */
  static Tensor take(Frame frame, Result result, Tensor target) {
    return switch (result.home()) {
      case Home.Placed placed -> {
        Tensor to = target == null ? Tensor.allocate(placed.type(), placed.dims()) : target;
        copy(frame.memory, placed, to.data());
        yield to;
      }
      case Home.Shares shares -> throw new IllegalStateException("a result as " + shares.layout());
      case Home.Constant(Tensor tensor) -> copied(result.name(), tensor, target);
      case Home.Boxed boxed -> copied(result.name(), frame.boxed[boxed.index()], target);
    };
  }

  private static Tensor copied(String name, Tensor tensor, Tensor target) {
    if (target == null) {
      return tensor.copy();
    }
    check(name, target, tensor.type(), tensor.dims());
    target.data().copyFrom(tensor.data());
    return target;
  }

  private static void copy(MemorySegment memory, Home.Placed from, MemorySegment to) {
    long count = 1;
    long width = to.byteSize();
    long pitch = width;
    switch (from) {
      case Home.Rows ignored -> {}
      case Home.Matrix m -> {
        count = m.rows();
        width = 4L * m.columns();
        pitch = m.pitch();
      }
      case Home.Planes p -> {
        count = p.batch() * (long) p.channels();
        width = 4L * p.pixels();
        pitch = p.pitch();
      }
      case Home.Columns c -> throw new IllegalStateException("a result as " + c.layout());
      case Home.Strided s -> throw new IllegalStateException("a result as " + s.layout());
    }
    for (long row = 0; row < count; row++) {
      MemorySegment.copy(memory, from.slot().at + row * pitch, to, row * width, width);
    }
  }
}
