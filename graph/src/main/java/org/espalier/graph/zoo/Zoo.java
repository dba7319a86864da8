package org.espalier.graph.zoo;

import static org.espalier.graph.zoo.Network.image;

import java.util.List;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.build.GraphBuilder;

/** The reference networks, by name. */
public final class Zoo {
  /**
   * What a network is.
   *
   * @param paper author and year
   * @param inputs name and shape of each input
   * @param parameters trained numbers, batch normalisation's running statistics not counted
   */
  public record Description(String name, String paper, String inputs, long parameters) {}

  private static final List<Network> NETWORKS =
      List.of(
          image(
              "mlpnet",
              "Singh and Jaggi 2020",
              1,
              28,
              32_430,
              x -> Perceptrons.perceptron(x, 40, 20, 10)),
          image(
              "lenet-300-100",
              "LeCun et al. 1998",
              1,
              28,
              266_610,
              x -> Perceptrons.perceptron(x, 300, 100, 10)),
          image("lenet-5", "LeCun et al. 1998 (Caffe's)", 1, 28, 431_080, LeNet::lenet5),
          image("vgg11-bn", "Simonyan and Zisserman 2015", 3, 32, 9_231_114, Vgg::vgg11),
          image("vgg16-bn", "Simonyan and Zisserman 2015", 3, 32, 14_728_266, Vgg::vgg16),
          image("resnet20", "He et al. 2016", 3, 32, 269_722, x -> ResNet.cifar(x, 3)),
          image("resnet32", "He et al. 2016", 3, 32, 464_154, x -> ResNet.cifar(x, 5)),
          image("resnet56", "He et al. 2016", 3, 32, 853_018, x -> ResNet.cifar(x, 9)),
          image("resnet18", "He et al. 2016", 3, 224, 11_689_512, ResNet::resnet18),
          image("resnet50", "He et al. 2016", 3, 224, 25_557_032, ResNet::resnet50));

  private Zoo() {}

  /** The names of all networks. */
  public static List<String> names() {
    return NETWORKS.stream().map(network -> network.description().name()).toList();
  }

  public static Description describe(String name) {
    return network(name).description();
  }

  /** The network with initial weights drawn from {@code seed}; the same seed, the same bytes. */
  public static Model build(String name, long seed) {
    Network network = network(name);
    GraphBuilder builder = GraphBuilder.of(name, seed);
    network.construction().accept(builder);
    return builder.build();
  }

  private static Network network(String name) {
    return NETWORKS.stream()
        .filter(network -> network.description().name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidInputException(
                    "no network '%s' in the zoo, which has %s"
                        .formatted(name, String.join(", ", names()))));
  }
}
