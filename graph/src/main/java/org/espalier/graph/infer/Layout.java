package org.espalier.graph.infer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.espalier.graph.DataType;

/** Operators that ask for a shape or give the same elements another one. */
final class Layout {
  private Layout() {}

  static void addTo(Map<String, Rule> rules) {
    rules.put("Shape", Layout::shape);
    rules.put("Size", Layout::size);
    rules.put("Reshape", Layout::reshape);
    rules.put("Flatten", Layout::flatten);
    rules.put("Squeeze", Layout::squeeze);
    rules.put("Unsqueeze", Layout::unsqueeze);
    rules.put("Transpose", Layout::transpose);
    rules.put("DepthToSpace", Layout::depthToSpace);
    rules.put("SpaceToDepth", Layout::spaceToDepth);
  }

  private static void shape(Call call) {
    call.element(0, DataType.INT64);
    Dims in = call.dims(0);
    int start = bound(call.node().integer("start", 0), in.rank());
    int end = bound(call.node().integer("end", in.rank()), in.rank());
    Dims part = in.part(start, Math.max(start, end));
    call.dims(0, Dims.of(Size.of(part.rank())));
    call.entries(0, part.sizes().toArray(Size[]::new));
  }

  private static int bound(long index, int rank) {
    return Math.clamp(index < 0 ? index + rank : index, 0, rank);
  }

  private static void size(Call call) {
    call.set(0, DataType.INT64, Dims.SCALAR);
    call.entries(0, call.dims(0).elements());
  }

  /** The elements in their order, under other dimensions. */
  private static void keep(Call call, Dims dims) {
    call.dims(0, dims);
    call.entries(0).ifPresent(entries -> call.entries(0, entries));
  }

  private static void reshape(Call call) {
    call.element(0, call.element(0));
    if (call.node().has("shape")) {
      keep(call, resolve(call, Entries.dims(sizes(call.node().integers("shape")))));
      return;
    }
    Optional<Size[]> target = call.entries(1);
    if (target.isPresent()) {
      // A size that isn't known might be -1 or 0, so that it hides what another one is.
      boolean whole = Arrays.stream(target.get()).allMatch(entry -> entry != null);
      Dims wanted = Entries.dims(target.get());
      keep(call, whole ? resolve(call, wanted) : unresolved(wanted));
      return;
    }
    Dims shape = call.dims(1, 1);
    if (!shape.at(0).isFixed() || shape.at(0).fixed() > Contents.LIMIT) {
      throw new Unresolved("the target shape in input " + call.name(1) + " isn't known");
    }
    call.dims(0, Dims.unknown((int) shape.at(0).fixed()));
  }

  private static Size[] sizes(Optional<long[]> numbers) {
    return Arrays.stream(numbers.orElseThrow()).mapToObj(Size::of).toArray(Size[]::new);
  }

  private static Dims unresolved(Dims wanted) {
    return new Dims(
        wanted.sizes().stream().map(size -> size.lower() > 0 ? size : Size.unknown()).toList());
  }

  private static Dims resolve(Call call, Dims wanted) {
    boolean ranked = call.isRanked(0);
    boolean zeroMeansZero = call.node().integer("allowzero", 0) != 0;
    var sizes = new ArrayList<>(wanted.sizes());
    int inferred = -1;
    for (int axis = 0; axis < sizes.size(); axis++) {
      Size size = sizes.get(axis);
      if (size.is(0) && !zeroMeansZero) {
        if (ranked && axis >= call.dims(0).rank()) {
          throw call.error(
              "target shape %s copies axis %d, input %s has shape %s"
                  .formatted(sizes, axis, call.name(0), call.dims(0)));
        }
        sizes.set(axis, ranked ? call.dims(0).at(axis) : Size.unknown());
      } else if (size.is(-1)) {
        if (inferred >= 0) {
          throw call.error("target shape %s has more than one -1".formatted(sizes));
        }
        inferred = axis;
      } else if (size.isFixed() && size.fixed() < -1) {
        throw call.error("target shape %s has a negative size".formatted(sizes));
      }
    }
    if (inferred < 0) {
      checkCount(call, new Dims(sizes), wanted);
      return new Dims(sizes);
    }
    sizes.set(inferred, Size.ONE);
    Size known = new Dims(sizes).elements();
    sizes.set(inferred, ranked ? left(call, known, wanted) : Size.unknown());
    return new Dims(sizes);
  }

  private static Size left(Call call, Size known, Dims wanted) {
    Size all = call.dims(0).elements();
    if (known.is(0)) {
      return all.is(0) ? Size.ZERO : Size.unknown();
    }
    Optional<Size> left = all.over(known);
    if (left.isEmpty() && all.isFixed() && known.isFixed()) {
      throw count(call, wanted);
    }
    // A size has no remainder here, or the model can't run.
    return left.orElseGet(() -> all.floorDiv(known));
  }

  private static void checkCount(Call call, Dims target, Dims wanted) {
    if (call.isRanked(0) && Dims.differ(call.dims(0).elements(), target.elements())) {
      throw count(call, wanted);
    }
  }

  private static RuntimeException count(Call call, Dims wanted) {
    return call.error(
        "input %s of shape %s can't be reshaped to %s"
            .formatted(call.name(0), call.dims(0), wanted.sizes()));
  }

  private static void flatten(Call call) {
    call.element(0, call.element(0));
    Dims in = call.dims(0);
    long axis = call.node().integer("axis", 1);
    int split = axis == in.rank() ? in.rank() : call.axis(axis, in.rank());
    keep(call, Dims.of(in.part(0, split).elements(), in.part(split, in.rank()).elements()));
  }

  private static void squeeze(Call call) {
    call.element(0, call.element(0));
    Dims in = call.dims(0);
    Optional<long[]> axes = call.numbers("axes", 1);
    var sizes = new ArrayList<Size>();
    if (axes.isPresent()) {
      boolean[] gone = call.axes(axes.get(), in.rank());
      for (int axis = 0; axis < in.rank(); axis++) {
        if (!gone[axis]) {
          sizes.add(in.at(axis));
        } else if (Dims.differ(in.at(axis), Size.ONE)) {
          throw call.error(
              "axis %d of input %s of shape %s isn't 1".formatted(axis, call.name(0), in));
        }
      }
    } else {
      for (Size size : in.sizes()) {
        if (!size.isFixed() && size.lower() <= 1) {
          throw new Unresolved("which axes of " + call.name(0) + " of shape " + in + " are 1?");
        }
        if (!size.is(1)) {
          sizes.add(size);
        }
      }
    }
    keep(call, new Dims(sizes));
  }

  private static void unsqueeze(Call call) {
    call.element(0, call.element(0));
    Dims in = call.dims(0);
    long[] axes = call.numbers("axes", 1).orElseThrow(() -> call.error("its axes are missing"));
    int rank = in.rank() + axes.length;
    boolean[] added = call.axes(axes, rank);
    var sizes = new ArrayList<Size>();
    int next = 0;
    for (boolean add : added) {
      sizes.add(add ? Size.ONE : in.at(next++));
    }
    keep(call, new Dims(sizes));
  }

  private static void transpose(Call call) {
    call.element(0, call.element(0));
    Dims in = call.dims(0);
    long[] permutation = call.node().integers("perm").orElse(null);
    if (permutation == null) {
      permutation = new long[in.rank()];
      for (int k = 0; k < permutation.length; k++) {
        permutation[k] = in.rank() - 1L - k;
      }
    }
    if (permutation.length != in.rank()) {
      throw call.error(
          "permutation %s for input %s of shape %s"
              .formatted(Arrays.toString(permutation), call.name(0), in));
    }
    call.axes(permutation, in.rank()); // each axis once
    var sizes = new ArrayList<Size>();
    for (long axis : permutation) {
      sizes.add(in.at((int) axis));
    }
    call.dims(0, new Dims(sizes));
    long[] order = permutation;
    call.entries(0)
        .filter(entries -> in.isFixed())
        .ifPresent(
            entries -> {
              long[] strides = Entries.strides(in.fixed());
              var steps = new long[order.length];
              for (int k = 0; k < steps.length; k++) {
                steps[k] = strides[call.axis(order[k], order.length)];
              }
              call.entries(0, Entries.view(entries, 0, new Dims(sizes).fixed(), steps));
            });
  }

  private static long block(Call call) {
    long block = call.node().integer("blocksize", 0);
    if (block < 1) {
      throw call.error("blocksize is " + block + ", expected 1 or more");
    }
    return block;
  }

  private static Size quotient(Call call, Dims x, int axis, long divisor) {
    Size size = x.at(axis);
    if (size.isFixed() && size.fixed() % divisor != 0) {
      throw call.error(
          "axis %d of input %s of shape %s isn't a multiple of %d"
              .formatted(axis, call.name(0), x, divisor));
    }
    return size.floorDiv(Size.of(divisor));
  }

  private static void depthToSpace(Call call) {
    call.element(0, call.element(0));
    Dims x = call.dims(0, 4);
    long block = block(call);
    Size channels = quotient(call, x, 1, Math.multiplyExact(block, block));
    call.dims(0, Dims.of(x.at(0), channels, x.at(2).times(block), x.at(3).times(block)));
  }

  private static void spaceToDepth(Call call) {
    call.element(0, call.element(0));
    Dims x = call.dims(0, 4);
    long block = block(call);
    call.dims(
        0,
        Dims.of(
            x.at(0),
            x.at(1).times(Math.multiplyExact(block, block)),
            quotient(call, x, 2, block),
            quotient(call, x, 3, block)));
  }
}
