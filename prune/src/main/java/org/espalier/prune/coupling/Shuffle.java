package org.espalier.prune.coupling;

import java.util.List;
import org.espalier.graph.Node;

/**
 * Nodes that do nothing but put channels in another order, such as a channel shuffle's Reshape,
 * Transpose and Reshape. Any of its channels may go: what is left of the order is then a Gather.
 *
 * @param input what is shuffled
 * @param output the result, of the same shape
 * @param axis which is reordered
 * @param nodes the nodes of the model, first to last, whose values in between nothing else reads
 * @param sources index {@code k} of the output is index {@code sources[k]} of the input
 */
public record Shuffle(String input, String output, int axis, List<Node> nodes, int[] sources) {
  public Shuffle {
    nodes = List.copyOf(nodes);
  }
}
