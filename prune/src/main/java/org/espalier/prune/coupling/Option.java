package org.espalier.prune.coupling;

import java.util.List;

/**
 * One of several ways to tie a node's channels.
 *
 * @param axes along which channels stay prunable if this is taken; it is out where one is fixed
 * @param apply states the ties
 */
record Option(List<Axis> axes, Runnable apply) {
  Option {
    axes = List.copyOf(axes);
  }
}
