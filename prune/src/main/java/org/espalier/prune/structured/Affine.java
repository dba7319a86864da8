package org.espalier.prune.structured;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Graph;
import org.espalier.graph.Node;
import org.espalier.prune.coupling.Member;
import org.espalier.prune.repair.Target;

/**
 * What becomes of a filter's product with its input before the next activation: {@code scale *
 * product + bias}, for each channel of a group. Biases and batch normalisation make it.
 */
record Affine(double[] scale, double[] bias) {
  /** What is behind the weight that makes a group's channels. */
  static Affine behind(Member member, int channels, Subject subject) {
    double[] scale = new double[channels];
    double[] bias = new double[channels];
    Arrays.fill(scale, 1);
    var affine = new Affine(scale, bias);
    if (subject.coupling() == null) {
      return affine; // weights without a network
    }
    Graph graph = subject.coupling().model().graph();
    Map<String, List<Node>> consumers = graph.consumers();
    List<Node> readers = consumers.getOrDefault(member.weight().value(), List.of());
    if (readers.size() != 1 || readers.getFirst().is("ConvTranspose")) {
      return affine;
    }
    Node layer = readers.getFirst();
    int[] places = member.channels();
    Target target = Target.behindProduct(graph, layer, places.length, consumers);
    for (int k = 0; k < places.length; k++) {
      if (places[k] >= 0) {
        scale[places[k]] = target.scale()[k];
        bias[places[k]] = target.shift()[k];
      }
    }
    return affine;
  }
}
