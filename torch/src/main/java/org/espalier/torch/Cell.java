package org.espalier.torch;

import static org.espalier.torch.Call.scalar;

import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * One direction of a recurrent layer: its weights, its activation functions and one step in time.
 *
 * @param input the input's weights [gates * H, I]
 * @param recurrence the state's weights [gates * H, H]
 * @param inputBias, recurrenceBias [gates * H], or null
 * @param peephole [3 * H] in the order input, output, forget; or null
 */
record Cell(
    Kind kind,
    long size,
    Tensor input,
    Tensor recurrence,
    Tensor inputBias,
    Tensor recurrenceBias,
    Tensor peephole,
    List<UnaryOperator<Tensor>> functions,
    double clip,
    boolean resetAfter,
    boolean inputForget) {

  enum Kind {
    RNN(1),
    GRU(3),
    LSTM(4);

    private final int gates;

    Kind(int gates) {
      this.gates = gates;
    }
  }

  /** What is carried from step to step, [N, H] each; only an LSTM has a cell. */
  record State(Tensor hidden, Tensor cell) {}

  static Cell of(Call call, Kind kind, int direction, int directions) {
    Tensor recurrence = call.in(2).select(0, direction);
    long size = recurrence.size(1);
    long wide = kind.gates * size;
    Tensor both = call.has(3) ? call.in(3).select(0, direction) : null;
    boolean peeps = kind == Kind.LSTM && call.has(7);
    return new Cell(
        kind,
        size,
        call.in(1).select(0, direction),
        recurrence,
        both == null ? null : both.narrow(0, 0, wide),
        both == null ? null : both.narrow(0, wide, wide),
        peeps ? call.in(7).select(0, direction) : null,
        GateFunctions.of(call, kind, direction, directions),
        call.node().real("clip", 0),
        call.flag("linear_before_reset", false),
        call.flag("input_forget", false));
  }

  /** What the inputs of all steps [T, N, I] give to the gates: [T, N, gates * H]. */
  Tensor project(Tensor x) {
    Tensor projected = torch.matmul(x, input.t());
    return inputBias == null ? projected : projected.add(inputBias);
  }

  State step(Tensor projected, State state) {
    return switch (kind) {
      case RNN -> new State(apply(0, projected.add(recur(state.hidden()))), null);
      case GRU -> new State(gru(projected, state.hidden()), null);
      case LSTM -> lstm(projected, state);
    };
  }

  private Tensor recur(Tensor hidden) {
    Tensor product = torch.matmul(hidden, recurrence.t());
    return recurrenceBias == null ? product : product.add(recurrenceBias);
  }

  private Tensor apply(int function, Tensor x) {
    Tensor bounded = clip > 0 ? torch.hardtanh(x, scalar(-clip), scalar(clip)) : x;
    return functions.get(function).apply(bounded);
  }

  private Tensor gate(Tensor gates, int index) {
    return gates.narrow(-1, index * size, size);
  }

  /** Gates in the order update, reset, hidden. */
  private Tensor gru(Tensor projected, Tensor hidden) {
    Tensor recurred = recur(hidden);
    Tensor update = apply(0, gate(projected, 0).add(gate(recurred, 0)));
    Tensor reset = apply(0, gate(projected, 1).add(gate(recurred, 1)));
    Tensor past;
    if (resetAfter) {
      past = reset.mul(gate(recurred, 2));
    } else {
      past = torch.matmul(reset.mul(hidden), recurrence.narrow(0, 2 * size, size).t());
      past = recurrenceBias == null ? past : past.add(recurrenceBias.narrow(0, 2 * size, size));
    }
    Tensor candidate = apply(1, gate(projected, 2).add(past));
    return candidate.add(update.mul(hidden.sub(candidate)));
  }

  /** Gates in the order input, output, forget, cell. */
  private State lstm(Tensor projected, State state) {
    Tensor gates = projected.add(recur(state.hidden()));
    Tensor in = apply(0, peep(gate(gates, 0), 0, state.cell()));
    Tensor forget =
        inputForget ? in.neg().add(scalar(1.0)) : apply(0, peep(gate(gates, 2), 2, state.cell()));
    Tensor candidate = apply(1, gate(gates, 3));
    Tensor cell = forget.mul(state.cell()).add(in.mul(candidate));
    Tensor out = apply(0, peep(gate(gates, 1), 1, cell));
    return new State(out.mul(functions.get(2).apply(cell)), cell);
  }

  private Tensor peep(Tensor gate, int index, Tensor cell) {
    return peephole == null ? gate : gate.add(peephole.narrow(0, index * size, size).mul(cell));
  }
}
