package org.espalier.prune.coupling;

/**
 * An axis in blocks, such as the groups of a convolution, that must all lose as many entries as
 * each other, whichever these are. {@link Bundles} makes channels with as many entries in every
 * block.
 *
 * @param along the axis that the blocks divide
 * @param blocks how many there are, of the same size
 * @param weight the weight whose axis 1 goes along a block's entries, where axis 0 is in that
 *     block; empty where none has such an axis
 * @param role what that axis does
 */
public record Balance(Axis along, int blocks, String weight, Role role) {
  /** Whether some weight has a block's entries along its axis 1. */
  public boolean hasWeight() {
    return !weight.isEmpty();
  }
}
