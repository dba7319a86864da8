package org.espalier.engine.plan;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Optional;
import org.espalier.graph.DataType;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/** Gather of floats: rows of a table by number, and what stands at one known place. */
final class GatherRule implements Rule {
  /**
   * Copies slices of {@code inner} bytes.
   *
   * @param table where they are taken from when that is a constant, or else null
   * @param size how many slices the axis has
   */
  record Look(
      String label,
      Tensor table,
      Slot from,
      Home indices,
      boolean wide,
      Slot to,
      int count,
      long outer,
      long size,
      long inner)
      implements Step {
    private static final int CHUNK = 64;

    @Override
    public int tasks() {
      return Math.toIntExact(outer * Math.ceilDiv(count, CHUNK));
    }

    @Override
    public double micros() {
      return outer * (double) count * (0.02 + inner / 8000.0);
    }

    @Override
    public void run(Frame frame, int task, int worker) {
      int chunks = Math.ceilDiv(count, CHUNK);
      long block = task / chunks;
      int first = task % chunks * CHUNK;
      MemorySegment source = table == null ? frame.memory : table.data();
      long base = (table == null ? from.at : 0) + block * size * inner;
      MemorySegment numbers = EvaluateRule.view(frame, indices).data();
      for (int k = first; k < Math.min(count, first + CHUNK); k++) {
        long index =
            wide
                ? numbers.get(ValueLayout.JAVA_LONG_UNALIGNED, 8L * k)
                : numbers.get(ValueLayout.JAVA_INT_UNALIGNED, 4L * k);
        if (index < -size || index >= size) {
          throw new InvalidInputException(
              "node '%s' (Gather): index %d on an axis of size %d".formatted(label, index, size));
        }
        long row = index < 0 ? index + size : index;
        MemorySegment.copy(
            source, base + row * inner, frame.memory, to.at + (block * count + k) * inner, inner);
      }
    }
  }

  @Override
  public boolean plan(Layer layer, Planner planner) {
    Node node = layer.node();
    if (!node.is("Gather")) {
      return false;
    }
    String data = node.inputs().get(0);
    String indices = node.inputs().get(1);
    Optional<long[]> dims = planner.shapes().shape(layer.output()).flatMap(s -> s.sizes());
    Optional<long[]> from = planner.dims(data);
    boolean known = dims.isPresent() && from.isPresent() && planner.dims(indices).isPresent();
    DataType type = planner.type(indices);
    boolean numbers = type == DataType.INT64 || type == DataType.INT32;
    if (!known || !planner.isFloat(data) || !numbers || Tensor.elements(dims.get()) == 0) {
      return false;
    }
    int rank = from.get().length;
    int axis = (int) Math.floorMod(node.integer("axis", 0), (long) rank);
    Optional<Tensor> fixed = planner.constant(indices).or(() -> planner.shapes().constant(indices));
    if (fixed.isPresent() && fixed.get().size() == 1 && planner.constant(data).isEmpty()) {
      return one(layer, axis, fixed.get().integerAt(0), dims.get(), planner);
    }
    Home where = planner.source(indices);
    var slots = new ArrayList<Slot>();
    if (where instanceof Home.InMemory) {
      Home.Rows rows = planner.rows(indices);
      slots.add(rows.slot());
      where = rows;
    }
    Optional<Tensor> table = planner.constant(data);
    Slot slot = table.isPresent() ? null : planner.rows(data).slot();
    if (slot != null) {
      slots.add(slot);
    }
    Home.Rows y = planner.newRows(DataType.FLOAT, dims.get());
    slots.add(y.slot());
    planner.add(
        new Look(
            node.label(),
            table.orElse(null),
            slot,
            where,
            type == DataType.INT64,
            y.slot(),
            (int) Tensor.elements(planner.dims(indices).get()),
            Tensor.elements(Arrays.copyOf(from.get(), axis)),
            from.get()[axis],
            4 * Tensor.elements(Arrays.copyOfRange(from.get(), axis + 1, rank))),
        slots);
    return done(layer, "look-up", y, planner);
  }

  /** What stands at one place of an axis is a view. */
  private static boolean one(Layer layer, int axis, long index, long[] dims, Planner planner) {
    Home.Strided x = Strides.of(planner.placed(layer.node().inputs().getFirst()));
    long size = x.dims()[axis];
    if (index < -size || index >= size) {
      return false;
    }
    long offset = Math.floorMod(index, size) * x.strides()[axis];
    int added = dims.length - (x.dims().length - 1);
    long[] strides = new long[dims.length];
    for (int k = 0; k < x.dims().length; k++) {
      if (k != axis) {
        strides[k < axis ? k : k - 1 + added] = x.strides()[k];
      }
    }
    var view = new Home.Strided(x.slot().part(offset), x.type(), dims, strides);
    return done(layer, "none", Strides.simplest(planner, view), planner);
  }

  private static boolean done(Layer layer, String kernel, Home.Placed y, Planner planner) {
    planner.define(layer.output(), y);
    planner.explain(
        new Choice(
            layer.label(), "Gather", kernel, y.layout(), 1, 0, "the indices decide what is read"));
    return true;
  }
}
