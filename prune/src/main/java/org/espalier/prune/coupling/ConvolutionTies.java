package org.espalier.prune.coupling;

import static java.util.Map.entry;

import java.util.List;
import java.util.Map;
import org.espalier.graph.Node;

/**
 * Convolutions: filters make the output's channels, and read the input's.
 *
 * <p>Where a convolution has groups of more than one channel, all groups must go on having the same
 * number. Either the same position of every group goes (a slot), or a whole group; or else any of
 * each group, as many, where slots are tied so that few are left, as between shuffles.
 */
final class ConvolutionTies {
  private ConvolutionTies() {}

  static Map<String, TieRule> rules() {
    return Map.ofEntries(
        entry("Conv", ConvolutionTies::convolution),
        entry("ConvTranspose", ConvolutionTies::transposed));
  }

  private static void convolution(TieCall call) {
    Node node = call.node();
    String x = call.input(0);
    String w = call.input(1);
    String y = call.output(0);
    int group = (int) node.integer("group", 1);
    frame(call, x, w, y);
    call.same(w, 0, y, 1);
    call.makes(w, 0);
    int in = call.size(x, 1);
    int out = call.size(y, 1);
    if (group == 1) {
      call.same(x, 1, w, 1);
      call.reads(w, 1);
    } else if (group == in) {
      int each = out / in;
      call.map(y, 1, x, 1, k -> k / each);
    } else {
      slotOrGroup(
          call,
          w,
          new Balance(new Axis(x, 1), group, w, Role.CONSUMER),
          new Balance(new Axis(y, 1), group, "", Role.PRODUCER));
    }
  }

  /** A transposed convolution's weights are [C, M / group, ...]. */
  private static void transposed(TieCall call) {
    Node node = call.node();
    String x = call.input(0);
    String w = call.input(1);
    String y = call.output(0);
    int group = (int) node.integer("group", 1);
    frame(call, x, w, y);
    call.same(x, 1, w, 0);
    int in = call.size(x, 1);
    int out = call.size(y, 1);
    if (group == 1) {
      call.reads(w, 0);
      call.same(w, 1, y, 1);
      call.makes(w, 1);
    } else if (group == in) {
      int each = out / in;
      call.makes(w, 0);
      call.map(y, 1, x, 1, k -> k / each);
      call.fix(w, 1, "the multiplier of a depthwise convolution");
    } else {
      call.reads(w, 0);
      slotOrGroup(
          call,
          w,
          new Balance(new Axis(x, 1), group, "", Role.CONSUMER),
          new Balance(new Axis(y, 1), group, w, Role.PRODUCER));
    }
  }

  /** Every group loses the same slot, or a group goes whole with its inputs and outputs. */
  private static void slotOrGroup(TieCall call, String w, Balance inputs, Balance outputs) {
    String x = inputs.along().value();
    String y = outputs.along().value();
    int ci = call.size(x, 1) / inputs.blocks();
    int co = call.size(y, 1) / outputs.blocks();
    Runnable slot =
        () -> {
          slot(call, inputs, ci);
          slot(call, outputs, co);
        };
    Runnable whole =
        () -> {
          call.map(x, 1, x, 1, k -> k / ci * ci);
          call.map(y, 1, y, 1, k -> k / co * co);
          call.map(y, 1, x, 1, k -> k / co * ci);
          call.fix(w, 1, "whole groups go");
        };
    Axis in = inputs.along();
    Axis out = outputs.along();
    call.choose(
        List.of(
            new Option(List.of(in, out, new Axis(w, 1)), false, slot),
            new Option(List.of(in, out), true, whole)));
    for (Balance side : List.of(inputs, outputs)) {
      call.side(side);
      if (side.hasWeight() && !call.isLoose(side) && side.role() == Role.CONSUMER) {
        call.reads(w, 1);
      } else if (side.hasWeight() && !call.isLoose(side)) {
        call.makes(w, 1);
      }
    }
  }

  /** The same of every group goes, or any where that leaves too few to choose from. */
  private static void slot(TieCall call, Balance side, int each) {
    String value = side.along().value();
    if (!call.isLoose(side)) {
      call.map(value, 1, side.hasWeight() ? side.weight() : value, 1, k -> k % each);
      return;
    }
    call.balance(side);
    if (side.hasWeight()) {
      call.fix(side.weight(), 1, "it goes along other channels in each group");
    }
  }

  /** Batch, bias, and what lies in space. */
  private static void frame(TieCall call, String x, String w, String y) {
    call.same(x, 0, y, 0);
    for (int axis = 2; axis < call.rank(x); axis++) {
      call.fix(x, axis, "positions of a convolution");
      call.fix(y, axis, "positions of a convolution");
      call.fix(w, axis, "the window of a convolution");
    }
    if (call.has(2)) {
      call.same(call.input(2), 0, y, 1);
      call.makes(call.input(2), 0);
    }
  }
}
