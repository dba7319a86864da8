package org.espalier.prune.coupling;

import java.util.Arrays;
import java.util.Map;

/**
 * A place where channels of a value needn't be those of what is made of it: in the model a Gather
 * of all of them. When some go, an entry of the output is the entry of the input that it was taken
 * from, or zero where that has gone.
 *
 * @param input the value before
 * @param output the value behind, made by the Gather
 * @param axis along which channels are not tied
 * @param sources index {@code k} of the output is index {@code sources[k]} of the input
 */
public record Seam(String input, String output, int axis, int[] sources) {
  /** The channels' axis of the input. */
  public Axis before() {
    return new Axis(input, axis);
  }

  /** The channels' axis of the output. */
  public Axis behind() {
    return new Axis(output, axis);
  }

  /**
   * The same with its ends in another order.
   *
   * @param orders of axes that change, the index before at each place
   */
  public Seam reordered(Map<Axis, int[]> orders) {
    int[] before = orders.get(before());
    int[] behind = orders.get(behind());
    int[] taken = sources.clone();
    for (int k = 0; behind != null && k < taken.length; k++) {
      taken[k] = sources[behind[k]];
    }
    if (before != null) {
      int[] places = new int[before.length];
      for (int place = 0; place < places.length; place++) {
        places[before[place]] = place;
      }
      taken = Arrays.stream(taken).map(index -> places[index]).toArray();
    }
    return new Seam(input, output, axis, taken);
  }
}
