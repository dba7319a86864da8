package org.espalier.prune.rewrite;

import java.util.List;
import java.util.Set;

/**
 * A part of a network that adds to what goes past it, {@code output = input + branch}, such as a
 * residual block or a transformer's sublayer. Without it, the output is the input.
 *
 * @param name of the node that adds
 * @param input the value that goes past
 * @param branch what is added to it
 * @param output the sum
 * @param nodes the labels of the nodes that go with the block
 * @param parameters how many parameters go with it
 * @param last the initializers that make the branch zero where they are zero: its last linear
 *     layer, normalisation or scale; empty where it ends in something else
 */
public record Block(
    String name,
    String input,
    String branch,
    String output,
    List<String> nodes,
    long parameters,
    Set<String> last) {
  public Block {
    nodes = List.copyOf(nodes);
    last = Set.copyOf(last);
  }
}
