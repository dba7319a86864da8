package org.espalier.prune.coupling;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Einsum: a letter is one axis, wherever it stands; one that the result lacks is summed over. */
final class EinsumTies {
  private EinsumTies() {}

  static Map<String, TieRule> rules() {
    return Map.of("Einsum", EinsumTies::einsum);
  }

  private static void einsum(TieCall call) {
    String[] sides = call.node().text("equation", "").replace(" ", "").split("->", 2);
    String[] terms = sides[0].split(",", -1);
    if (terms.length != call.inputs().size()) {
      throw new Refusal("its equation has %d terms".formatted(terms.length));
    }
    String y = call.output(0);
    List<String> made = letters(sides.length == 2 ? sides[1] : implicit(terms), call.rank(y));
    var first = new HashMap<String, Axis>();
    for (int axis = 0; axis < made.size(); axis++) {
      call.free(y, axis);
      first.put(made.get(axis), new Axis(y, axis));
    }
    for (int term = 0; term < terms.length; term++) {
      String x = call.input(term);
      List<String> letters = letters(terms[term], call.rank(x));
      for (int axis = 0; axis < letters.size(); axis++) {
        String letter = letters.get(axis);
        Axis before = first.putIfAbsent(letter, new Axis(x, axis));
        if (before == null) {
          call.free(x, axis);
        } else if (!call.isOne(x, axis) || call.isOne(before.value(), before.axis())) {
          call.same(x, axis, before.value(), before.axis());
        }
        if (made.contains(letter)) {
          call.makes(x, axis);
        } else {
          call.reads(x, axis);
        }
      }
    }
  }

  /** The name of each axis; those of an ellipsis are numbered from the last. */
  private static List<String> letters(String term, int rank) {
    var letters = new ArrayList<String>();
    int ellipsis = term.indexOf("...");
    int more = rank - term.replace("...", "").length();
    if (more < 0 || (more > 0 && ellipsis < 0)) {
      throw new Refusal("'%s' for an operand of rank %d".formatted(term, rank));
    }
    for (int at = 0; at < term.length(); at++) {
      if (at == ellipsis) {
        for (int k = more; k > 0; k--) {
          letters.add("..." + k);
        }
        at += 2;
      } else {
        letters.add(term.substring(at, at + 1));
      }
    }
    return letters;
  }

  /** Without an arrow, the result has the letters that occur once, in alphabetical order. */
  private static String implicit(String... terms) {
    String all = String.join("", terms).replace("...", "");
    var once = new StringBuilder(String.join("", terms).contains("...") ? "..." : "");
    all.chars()
        .filter(letter -> all.indexOf(letter) == all.lastIndexOf(letter))
        .sorted()
        .forEach(letter -> once.append((char) letter));
    return once.toString();
  }
}
