package org.espalier.engine.plan;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.espalier.graph.DataType;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/** Where, for floats, on any shapes that stretch to each other's. */
final class WhereRule implements Rule {
  record Pick(Slot y, Slot condition, Slot a, Slot b, Nest nest) implements Step {
    @Override
    public int tasks() {
      return nest.tasks();
    }

    @Override
    public double micros() {
      return nest.outer() * nest.run() / 800.0;
    }

    @Override
    public void run(Frame frame, int task, int worker) {
      nest.forEach(task, (at, first, count) -> run(frame.memory, at, first, count));
    }

    private void run(MemorySegment m, long[] at, long first, long count) {
      long yStep = nest.step(0);
      long cStep = nest.step(1);
      long aStep = nest.step(2);
      long bStep = nest.step(3);
      long to = y.at + at[0];
      long c = condition.at + at[1];
      long left = a.at + at[2];
      long right = b.at + at[3];
      for (long k = first; k < first + count; k++) {
        boolean holds = m.get(ValueLayout.JAVA_BYTE, c + k * cStep) != 0;
        long from = holds ? left + k * aStep : right + k * bStep;
        int value = m.get(ValueLayout.JAVA_INT_UNALIGNED, from);
        m.set(ValueLayout.JAVA_INT_UNALIGNED, to + k * yStep, value);
      }
    }
  }

  @Override
  public boolean plan(Layer layer, Planner planner) {
    Node node = layer.node();
    Optional<long[]> dims = planner.shapes().shape(layer.output()).flatMap(s -> s.sizes());
    if (!node.is("Where") || dims.isEmpty() || Tensor.elements(dims.get()) == 0) {
      return false;
    }
    List<String> in = node.inputs();
    boolean typed =
        planner.type(in.get(0)) == DataType.BOOL
            && planner.isFloat(in.get(1))
            && planner.isFloat(in.get(2));
    if (!typed || !in.stream().allMatch(value -> planner.dims(value).isPresent())) {
      return false;
    }
    Home.Strided model =
        in.subList(1, 3).stream()
            .filter(value -> Arrays.equals(planner.dims(value).orElseThrow(), dims.get()))
            .findFirst()
            .map(value -> Strides.of(planner.placed(value)))
            .orElse(null);
    Home.Placed result =
        model == null || Arrays.stream(model.strides()).anyMatch(stride -> stride == 0)
            ? planner.newRows(DataType.FLOAT, dims.get())
            : Strides.inOrderOf(planner, DataType.FLOAT, model);
    Home.Strided y = Strides.of(result);
    Home.Strided condition = Strides.of(planner.placed(in.get(0)));
    Home.Strided a = Strides.of(planner.placed(in.get(1)));
    Home.Strided b = Strides.of(planner.placed(in.get(2)));
    Nest nest =
        Nest.of(
            dims.get(),
            y.strides(),
            ViewRule.broadcast(condition, dims.get()),
            ViewRule.broadcast(a, dims.get()),
            ViewRule.broadcast(b, dims.get()));
    planner.add(
        new Pick(y.slot(), condition.slot(), a.slot(), b.slot(), nest),
        List.of(y.slot(), condition.slot(), a.slot(), b.slot()));
    planner.define(layer.output(), result);
    planner.explain(
        new Choice(layer.label(), node.op(), "pick", result.layout(), 1, 0, "element by element"));
    return true;
  }
}
