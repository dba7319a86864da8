package org.espalier.torch;

import static org.espalier.torch.Call.scalar;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * RNN, GRU and LSTM over a sequence [T, N, I], in one or both directions.
 *
 * <p>A sequence that ends early keeps its state from there on and its outputs are zero. Backwards,
 * each sequence is turned around within its own length, walked forwards, and turned back.
 */
final class Recurrent {
  private Recurrent() {}

  static void register(Rules.Table table) {
    table.several("RNN", call -> run(call, Cell.Kind.RNN));
    table.several("GRU", call -> run(call, Cell.Kind.GRU));
    table.several("LSTM", call -> run(call, Cell.Kind.LSTM));
  }

  private static Tensor[] run(Call call, Cell.Kind kind) {
    boolean batchFirst = call.flag("layout", false);
    Tensor x = batchFirst ? call.in(0).transpose(0, 1) : call.in(0);
    String direction = call.node().text("direction", "forward");
    int directions = direction.equals("bidirectional") ? 2 : 1;
    if (call.in(1).size(0) != directions) {
      throw call.invalid(
          "direction '%s' with weights for %d directions".formatted(direction, call.in(1).size(0)));
    }
    var outputs = new ArrayList<Tensor>();
    var states = new ArrayList<Tensor>();
    var cells = new ArrayList<Tensor>();
    for (int d = 0; d < directions; d++) {
      boolean backwards = direction.equals("reverse") || d == 1;
      Tensor turned = backwards ? turn(call, x) : x;
      Cell.State end =
          walk(call, Cell.of(call, kind, d, directions), turned, d, batchFirst, outputs);
      if (backwards) {
        outputs.set(d, turn(call, outputs.get(d)));
      }
      states.add(end.hidden());
      if (end.cell() != null) {
        cells.add(end.cell());
      }
    }
    Tensor y = stack(outputs, 1);
    Tensor hidden = stack(states, 0);
    if (batchFirst) {
      y = y.permute(2, 0, 1, 3);
      hidden = hidden.transpose(0, 1);
    }
    if (cells.isEmpty()) {
      return new Tensor[] {y, hidden};
    }
    Tensor cell = stack(cells, 0);
    return new Tensor[] {y, hidden, batchFirst ? cell.transpose(0, 1) : cell};
  }

  private static Tensor stack(List<Tensor> tensors, long axis) {
    return torch.stack(new TensorVector(tensors.toArray(Tensor[]::new)), axis);
  }

  /** Walks forwards, adds the outputs [T, N, H] to {@code outputs}, and gives the last state. */
  private static Cell.State walk(
      Call call, Cell cell, Tensor x, int direction, boolean batchFirst, List<Tensor> outputs) {
    long steps = x.size(0);
    Tensor projected = cell.project(x);
    Tensor hidden = initial(call, 5, x, cell.size(), direction, batchFirst);
    Tensor memory = initial(call, 6, x, cell.size(), direction, batchFirst);
    var state = new Cell.State(hidden, cell.kind() == Cell.Kind.LSTM ? memory : null);
    var hiddens = new ArrayList<Tensor>();
    for (long t = 0; t < steps; t++) {
      Cell.State next = cell.step(projected.select(0, t), state);
      if (!call.has(4)) {
        state = next;
        hiddens.add(next.hidden());
      } else {
        Tensor on = call.in(4).gt(scalar(t)).unsqueeze(1);
        hiddens.add(torch.where(on, next.hidden(), torch.zeros_like(next.hidden())));
        state =
            new Cell.State(
                torch.where(on, next.hidden(), state.hidden()),
                next.cell() == null ? null : torch.where(on, next.cell(), state.cell()));
      }
    }
    outputs.add(stack(hiddens, 0));
    return state;
  }

  private static Tensor initial(
      Call call, int input, Tensor x, long size, int direction, boolean batchFirst) {
    if (call.has(input)) {
      return call.in(input).select(batchFirst ? 1 : 0, direction);
    }
    return torch.zeros(new long[] {x.size(1), size}, Call.options(x.scalar_type()));
  }

  /** Each sequence [T, N, ...] turned around within its own length; its own inverse. */
  private static Tensor turn(Call call, Tensor x) {
    if (!call.has(4)) {
      return x.flip(0);
    }
    Tensor time = torch.arange(scalar(x.size(0)), Call.options(ScalarType.Long)).unsqueeze(1);
    Tensor lengths = call.in(4).to(ScalarType.Long).unsqueeze(0);
    Tensor mirrored = lengths.sub(time).sub(scalar(1L));
    Tensor places = torch.where(time.lt(lengths), mirrored, time);
    return x.gather(0, places.unsqueeze(2).expand(Libtorch.shape(x)));
  }
}
