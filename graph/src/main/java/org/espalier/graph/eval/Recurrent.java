package org.espalier.graph.eval;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/**
 * RNN, GRU and LSTM: input [S, B, I], weights [D, gates * H, I], recurrence [D, gates * H, H],
 * state [D, B, H], for S steps, B sequences and D directions; output [S, D, B, H].
 *
 * <p>A sequence shorter than S gives zeros after its end, its last state is that of its own last
 * step, and backwards it starts there.
 */
final class Recurrent {
  private static final int STEPS = 0;
  private static final int BATCH = 1;
  private static final int FEATURES = 2;

  private final Call call;
  private final int gates;
  private final int directions;
  private final int hidden;
  private final Tensor x;
  private final Tensor w;
  private final Tensor r;
  private final long[] lengths;

  private Recurrent(Call call, int gates) {
    this.call = call;
    this.gates = gates;
    if (call.node().integer("layout", 0) != 0) {
      throw call.unsupported("layout 1: the canonical form is time first");
    }
    x = Unary.floats(call, 0);
    w = Unary.floats(call, 1);
    r = Unary.floats(call, 2);
    directions = call.node().text("direction", "forward").equals("bidirectional") ? 2 : 1;
    if (x.rank() != 3 || r.rank() != 3) {
      throw call.invalid("input %s, recurrence %s: expected three axes each".formatted(x, r));
    }
    hidden = Math.toIntExact(r.dim(2));
    long rows = (long) gates * hidden;
    require(w, "weights", directions, rows, x.dim(FEATURES));
    require(r, "recurrence", directions, rows, hidden);
    lengths = lengths();
  }

  static void register(Map<String, Rule> rules) {
    rules.put("RNN", call -> new Recurrent(call, 1).run());
    rules.put("GRU", call -> new Recurrent(call, 3).run());
    rules.put("LSTM", call -> new Recurrent(call, 4).run());
  }

  private void require(Tensor tensor, String what, long... dims) {
    if (!Arrays.equals(tensor.dims(), dims)) {
      throw call.invalid(
          "%s %s, expected %s for input %s and %d hidden units in %d directions"
              .formatted(what, tensor, Arrays.toString(dims), x, hidden, directions));
    }
  }

  private long[] lengths() {
    long[] all = new long[(int) x.dim(BATCH)];
    Arrays.fill(all, x.dim(STEPS));
    long[] given = call.optionalIntegers(4).orElse(all);
    if (given.length != all.length
        || Arrays.stream(given).anyMatch(length -> length < 0 || length > x.dim(STEPS))) {
      throw call.invalid("sequence lengths %s for input %s".formatted(Arrays.toString(given), x));
    }
    return given;
  }

  /** A run of an optional input's numbers, zeros where it is absent. */
  private double[] part(int input, String what, int index, int count, long... dims) {
    double[] values = new double[count];
    if (call.optional(input).isPresent()) {
      Tensor tensor = Unary.floats(call, input);
      require(tensor, what, dims);
      Lanes.read(tensor, (long) index * count, 1, values, count);
    }
    return values;
  }

  /** One direction's matrix on its side, so that a product adds whole rows. */
  private static double[] turned(Tensor matrices, int direction) {
    int rows = (int) matrices.dim(1);
    int columns = (int) matrices.dim(2);
    double[] values = new double[rows * columns];
    Lanes.read(matrices, (long) direction * values.length, 1, values, values.length);
    double[] turned = new double[values.length];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        turned[column * rows + row] = values[row * columns + column];
      }
    }
    return turned;
  }

  private RecurrentCell cell(int direction) {
    int rows = gates * hidden;
    double[] both = part(3, "bias", direction, 2 * rows, directions, 2L * rows);
    double[] peepholes = part(7, "peepholes", direction, 3 * hidden, directions, 3L * hidden);
    DoubleUnaryOperator[] curves = RecurrentActivations.of(call, direction, directions);
    double clip = call.node().has("clip") ? call.node().real("clip", 0) : Double.POSITIVE_INFINITY;
    var weights =
        new RecurrentCell.Weights(
            hidden,
            turned(w, direction),
            turned(r, direction),
            Arrays.copyOf(both, rows),
            Arrays.copyOfRange(both, rows, 2 * rows),
            clip);
    return switch (gates) {
      case 1 -> new RecurrentCell.Plain(weights, curves[0]);
      case 3 ->
          new RecurrentCell.Gru(
              weights, curves[0], curves[1], call.node().integer("linear_before_reset", 0) != 0);
      default ->
          new RecurrentCell.Lstm(
              weights, peepholes, curves, call.node().integer("input_forget", 0) != 0);
    };
  }

  private List<Tensor> run() {
    DataType type = x.type();
    int batch = lengths.length;
    long steps = x.dim(STEPS);
    Tensor y = Tensor.allocate(type, steps, directions, batch, hidden);
    Tensor lastH = Tensor.allocate(type, directions, batch, hidden);
    Tensor lastC = Tensor.allocate(type, directions, batch, hidden);
    for (int direction = 0; direction < directions; direction++) {
      RecurrentCell cell = cell(direction);
      boolean backwards =
          direction == 1 || call.node().text("direction", "forward").equals("reverse");
      double[] input = new double[(int) x.dim(FEATURES)];
      for (int b = 0; b < batch; b++) {
        int state = direction * batch + b;
        double[] h = part(5, "initial state", state, hidden, directions, batch, hidden);
        double[] c = part(6, "initial cell", state, hidden, directions, batch, hidden);
        for (long k = 0; k < lengths[b]; k++) {
          long step = backwards ? lengths[b] - 1 - k : k;
          Lanes.read(x, (step * batch + b) * input.length, 1, input, input.length);
          cell.step(input, h, c);
          Lanes.write(y, ((step * directions + direction) * batch + b) * hidden, h, hidden);
        }
        Lanes.write(lastH, (long) state * hidden, h, hidden);
        Lanes.write(lastC, (long) state * hidden, c, hidden);
      }
    }
    return gates == 4 ? List.of(y, lastH, lastC) : List.of(y, lastH);
  }
}
