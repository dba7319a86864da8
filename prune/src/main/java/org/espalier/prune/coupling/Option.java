package org.espalier.prune.coupling;

import java.util.List;

/**
 * One of several ways to tie a node's channels.
 *
 * @param axes along which channels may stay prunable if this is taken
 * @param every whether it is out as soon as one of them must stay, or only where all must
 * @param apply states the ties
 */
record Option(List<Axis> axes, boolean every, Runnable apply) {
  Option {
    axes = List.copyOf(axes);
  }

  /** Whether nothing that is known rules it out. */
  boolean isOpen(Ties ties) {
    return every
        ? axes.stream().noneMatch(axis -> ties.isFixed(axis.value(), axis.axis()))
        : !axes.stream().allMatch(axis -> ties.isFixed(axis.value(), axis.axis()));
  }
}
