package org.espalier.engine.plan;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.eval.Evaluator;

/** Everything without a kernel: the reference evaluation, on tensors over the frame's memory. */
final class EvaluateRule implements Rule {
  /** Runs a node; its results are tensors of their own. */
  record Evaluate(Node node, List<Home> inputs, int[] boxes) implements Step {
    @Override
    public void run(Frame frame, int task, int worker) {
      Tensor.allocatingIn(frame.scratch(), () -> evaluated(frame));
    }

    private Frame evaluated(Frame frame) {
      var tensors = new ArrayList<Tensor>(inputs.size());
      for (Home home : inputs) {
        tensors.add(home == null ? null : view(frame, home));
      }
      List<Tensor> results = Evaluator.evaluate(node, tensors);
      for (int k = 0; k < boxes.length; k++) {
        if (boxes[k] >= 0) {
          frame.boxed[boxes[k]] = owned(results.get(k), frame);
        }
      }
      return frame;
    }

    /** A result may share its input's memory, which the next step may write to. */
    private static Tensor owned(Tensor tensor, Frame frame) {
      MemorySegment data = tensor.data();
      return frame.memory.asOverlappingSlice(data).isPresent() ? tensor.copy() : tensor;
    }
  }

  /** The value in {@code home} as a tensor; valid until its slot is used again. */
  static Tensor view(Frame frame, Home home) {
    return switch (home) {
      case Home.Constant(Tensor tensor) -> tensor;
      case Home.Boxed boxed -> frame.boxed[boxed.index()];
      case Home.Rows rows -> {
        long bytes = rows.type().bytes(Tensor.elements(rows.dims()));
        yield Tensor.of(rows.type(), rows.dims(), frame.memory.asSlice(rows.slot().at, bytes));
      }
      default -> throw new IllegalStateException("a tensor over " + home.layout());
    };
  }

  @Override
  public boolean plan(Layer layer, Planner planner) {
    Node node = layer.node();
    if (layer.parts().size() > 1 || !Evaluator.supports(node)) {
      return false;
    }
    var inputs = new ArrayList<Home>();
    var slots = new ArrayList<Slot>();
    for (String input : node.inputs()) {
      Home home = input.isEmpty() ? null : planner.source(input);
      if (home instanceof Home.InMemory) {
        Home.Rows rows = planner.rows(input);
        slots.add(rows.slot());
        home = rows;
      }
      inputs.add(home);
    }
    int[] boxes = new int[node.outputs().size()];
    Arrays.fill(boxes, -1);
    for (int k = 0; k < boxes.length; k++) {
      if (node.output(k).isPresent()) {
        String output = node.outputs().get(k);
        boxes[k] = planner.box();
        planner.define(
            output,
            new Home.Boxed(
                boxes[k],
                planner.type(output),
                planner.shapes().shape(output).flatMap(s -> s.sizes()).orElse(null)));
      }
    }
    planner.add(new Evaluate(node, inputs, boxes), slots);
    planner.explain(
        new Choice(
            layer.label(), node.op(), "reference", "tensor", 1, 0, "no kernel of its own yet"));
    return true;
  }
}
