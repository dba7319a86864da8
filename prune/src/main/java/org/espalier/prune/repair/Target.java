package org.espalier.prune.repair;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.espalier.graph.Graph;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;

/**
 * What a layer's output is to be: such that a value further on is what the original has there.
 *
 * <p>Behind the layer may come a bias, a batch normalisation and the addition of a shortcut, all of
 * which can be undone: {@code value = scale * output + shift + shortcut}. The shortcut is that of
 * the pruned network, so that the layer also makes up for what went wrong before the block.
 *
 * @param value whose contents in the original are the aim
 * @param shortcut what else is added to it in the pruned network; null where nothing is
 * @param rectified whether only ReLUs read the value
 * @param scale by output channel of the layer
 * @param shift by output channel of the layer
 */
public record Target(
    String value, String shortcut, boolean rectified, double[] scale, double[] shift) {

  /**
   * The target of a layer of {@code graph}, which has this many output channels.
   *
   * @param summed whether to look behind the addition of a shortcut
   */
  static Target of(
      Graph graph, Node layer, int channels, Map<String, List<Node>> consumers, boolean summed) {
    Set<String> outputs = graph.outputs().stream().map(ValueInfo::name).collect(Collectors.toSet());
    double[] scale = new double[channels];
    double[] shift = new double[channels];
    Arrays.fill(scale, 1);
    String value = layer.outputs().getFirst();
    while (!outputs.contains(value) && consumers.getOrDefault(value, List.of()).size() == 1) {
      Node next = consumers.get(value).getFirst();
      if (next.is("BatchNormalization") && next.inputs().getFirst().equals(value)) {
        if (!normalise(graph, next, scale, shift)) {
          break;
        }
      } else if (next.is("Add")) {
        String other = next.inputs().get(next.inputs().getFirst().equals(value) ? 1 : 0);
        if (graph.isInitializer(other)) {
          Tensor bias = graph.initializer(other).orElseThrow();
          if (layer.is("Conv") || bias.rank() != 1 || bias.size() != channels) {
            break; // a convolution's channels aren't the last axis
          }
          for (int k = 0; k < channels; k++) {
            shift[k] += bias.realAt(k);
          }
        } else if (other.equals(value) || !summed) {
          break;
        } else {
          value = next.outputs().getFirst();
          return new Target(value, other, isRectified(value, outputs, consumers), scale, shift);
        }
      } else {
        break;
      }
      value = next.outputs().getFirst();
    }
    return new Target(value, null, isRectified(value, outputs, consumers), scale, shift);
  }

  private static boolean isRectified(
      String value, Set<String> outputs, Map<String, List<Node>> consumers) {
    List<Node> readers = consumers.getOrDefault(value, List.of());
    return !readers.isEmpty()
        && !outputs.contains(value)
        && readers.stream().allMatch(node -> node.is("Relu"));
  }

  /**
   * The affine map from a layer's bare product, without its own bias, to what its activation sees.
   */
  public static Target behindProduct(
      Graph graph, Node layer, int channels, Map<String, List<Node>> consumers) {
    Target target = of(graph, layer, channels, consumers, false);
    Optional<Tensor> own =
        layer.input(2).flatMap(graph::initializer).filter(bias -> bias.size() == channels);
    for (int k = 0; own.isPresent() && k < channels; k++) {
      target.shift()[k] += target.scale()[k] * own.get().realAt(k);
    }
    return target;
  }

  private static boolean normalise(Graph graph, Node node, double[] scale, double[] shift) {
    double epsilon = node.real("epsilon", 1e-5f);
    Tensor[] parts = new Tensor[4];
    for (int k = 0; k < 4; k++) {
      var part = graph.initializer(node.inputs().get(k + 1));
      if (part.isEmpty() || part.get().size() != scale.length) {
        return false;
      }
      parts[k] = part.get();
    }
    for (int c = 0; c < scale.length; c++) {
      double factor = parts[0].realAt(c) / Math.sqrt(parts[3].realAt(c) + epsilon);
      scale[c] *= factor;
      shift[c] = (shift[c] - parts[2].realAt(c)) * factor + parts[1].realAt(c);
    }
    return true;
  }
}
