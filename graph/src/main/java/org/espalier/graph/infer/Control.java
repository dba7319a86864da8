package org.espalier.graph.infer;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;

/** Operators that hold graphs. */
final class Control {
  /** Sizes that grow in a loop are unknown after the second pass, ranks after the third. */
  private static final int MAX_PASSES = 4;

  private Control() {}

  static void addTo(Map<String, Rule> rules) {
    rules.put("If", Control::branch);
    rules.put("Loop", Control::loop);
    rules.put("Scan", Control::scan);
  }

  private static Graph graph(Call call, String attribute) {
    if (call.node().attribute(attribute).orElse(null)
        instanceof Attribute.GraphValue(Graph graph)) {
      return graph;
    }
    throw call.error("attribute '" + attribute + "' is missing, or isn't a graph");
  }

  private static void branch(Call call) {
    Graph yes = graph(call, "then_branch");
    Graph no = graph(call, "else_branch");
    for (Graph graph : List.of(yes, no)) {
      if (graph.outputs().size() != call.outputs()) {
        throw call.error(
            "branch '%s' has %d outputs, the node %d"
                .formatted(graph.name(), graph.outputs().size(), call.outputs()));
      }
    }
    call.element(0);
    Size[] condition = call.entries(0).orElse(new Size[0]);
    if (condition.length == 1 && condition[0] != null && condition[0].isFixed()) {
      setAll(call, call.infer(condition[0].is(0) ? no : yes, List.of()));
      return;
    }
    List<Fact> a = call.infer(yes, List.of());
    List<Fact> b = call.infer(no, List.of());
    for (int k = 0; k < call.outputs(); k++) {
      call.set(k, a.get(k).or(b.get(k)));
    }
  }

  private static void setAll(Call call, List<Fact> facts) {
    for (int k = 0; k < call.outputs(); k++) {
      call.set(k, facts.get(k));
    }
  }

  /** Inputs: trip count, condition, carried values. Body: iteration, condition, carried values. */
  private static void loop(Call call) {
    Graph body = graph(call, "body");
    int carried = Math.max(0, call.inputs() - 2);
    checkBody(call, body, carried + 2, call.outputs() + 1);
    if (call.outputs() < carried) {
      throw call.error("%d carried values, %d outputs".formatted(carried, call.outputs()));
    }
    var state = new ArrayList<Fact>();
    for (int k = 0; k < carried; k++) {
      state.add(call.fact(k + 2));
    }
    List<Fact> results = List.of();
    for (int pass = 0; pass < MAX_PASSES; pass++) {
      var arguments = new ArrayList<Fact>();
      arguments.add(Fact.of(DataType.INT64, Dims.SCALAR));
      arguments.add(Fact.of(DataType.BOOL, Dims.SCALAR));
      arguments.addAll(state);
      results = call.infer(body, arguments);
      if (!widen(state, results.subList(1, carried + 1), pass)) {
        break;
      }
    }
    for (int k = 0; k < carried; k++) {
      call.set(k, state.get(k));
    }
    Size trips = trips(call, results.getFirst());
    for (int k = carried; k < call.outputs(); k++) {
      stack(call, k, results.get(k + 1), 0, trips);
    }
  }

  private static void checkBody(Call call, Graph body, int inputs, int outputs) {
    if (body.inputs().size() != inputs || body.outputs().size() != outputs) {
      throw call.error(
          "its body has %d inputs and %d outputs, expected %d and %d"
              .formatted(body.inputs().size(), body.outputs().size(), inputs, outputs));
    }
  }

  /** Makes the state hold before and after the body; whether it had to change. */
  private static boolean widen(List<Fact> state, List<Fact> after, int pass) {
    boolean changed = false;
    for (int k = 0; k < state.size(); k++) {
      Fact before = state.get(k);
      Fact both = before.or(after.get(k));
      boolean settled = both.equals(before) || sameKnown(before, after.get(k));
      if (!settled) {
        changed = true;
        state.set(k, pass < MAX_PASSES - 2 ? both : new Fact(both.element(), null, null));
      } else if (before.contents() != null && !before.equals(after.get(k))) {
        changed = true;
        state.set(k, Fact.of(before.element(), before.dims())); // it may count something
      }
    }
    return changed;
  }

  /** Whether type and shape agree but for sizes that were unknown before already. */
  private static boolean sameKnown(Fact before, Fact after) {
    if (before.element() != after.element()) {
      return false;
    }
    if (before.dims() == null) {
      return true;
    }
    if (after.dims() == null || after.dims().rank() != before.dims().rank()) {
      return false;
    }
    for (int axis = 0; axis < before.dims().rank(); axis++) {
      Size size = before.dims().at(axis);
      if (!size.isUnknown() && !size.equals(after.dims().at(axis))) {
        return false;
      }
    }
    return true;
  }

  /** The trip count, where it is known and the condition can't end the loop before. */
  private static Size trips(Call call, Fact condition) {
    boolean always =
        condition.entries().filter(e -> e.length == 1 && e[0] != null && e[0].is(1)).isPresent();
    boolean starts =
        !call.has(1)
            || call.entries(1).filter(e -> e.length == 1 && e[0] != null && e[0].is(1)).isPresent();
    return call.entries(0)
        .filter(entries -> always && starts && call.has(0) && entries.length == 1)
        .map(entries -> entries[0])
        .map(Size::positive)
        .orElseGet(Size::unknown);
  }

  private static void stack(Call call, int output, Fact slice, int axis, Size count) {
    call.element(output, slice.element());
    if (slice.dims() != null) {
      var sizes = new ArrayList<>(slice.dims().sizes());
      sizes.add(axis, count);
      call.dims(output, new Dims(sizes));
    }
  }

  /** Inputs: states and sequences to be read slice by slice (from opset 9 on). */
  private static void scan(Call call) {
    if (call.opset() < 9) {
      throw new Unresolved("the Scan of opset 8");
    }
    Graph body = graph(call, "body");
    int scans = Math.clamp(call.node().integer("num_scan_inputs", 0), 0, call.inputs());
    int states = call.inputs() - scans;
    checkBody(call, body, call.inputs(), call.outputs());
    long[] inAxes = call.node().integers("scan_input_axes", new long[scans]);
    int stacked = Math.max(0, call.outputs() - states);
    long[] outAxes = call.node().integers("scan_output_axes", new long[stacked]);
    if (inAxes.length != scans || outAxes.length != stacked || call.outputs() < states) {
      throw call.error("its scan axes don't match its inputs and outputs");
    }
    Size count = Size.unknown();
    var slices = new ArrayList<Fact>();
    for (int k = 0; k < scans; k++) {
      Dims dims = call.dimsFrom(states + k, 1);
      int axis = call.axis(inAxes[k], dims.rank());
      count = Dims.better(count, dims.at(axis));
      slices.add(Fact.of(call.element(states + k), dims.without(axis)));
    }
    var state = new ArrayList<Fact>();
    for (int k = 0; k < states; k++) {
      state.add(call.fact(k));
    }
    List<Fact> results = List.of();
    for (int pass = 0; pass < MAX_PASSES; pass++) {
      var arguments = new ArrayList<Fact>(state);
      arguments.addAll(slices);
      results = call.infer(body, Collections.unmodifiableList(arguments));
      if (!widen(state, results.subList(0, states), pass)) {
        break;
      }
    }
    for (int k = 0; k < states; k++) {
      call.set(k, state.get(k));
    }
    for (int k = 0; k < stacked; k++) {
      Fact slice = results.get(states + k);
      int rank = slice.dims() == null ? 0 : slice.dims().rank();
      stack(call, states + k, slice, call.axis(outAxes[k], rank + 1), count);
    }
  }
}
