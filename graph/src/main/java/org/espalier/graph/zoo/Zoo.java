package org.espalier.graph.zoo;

import static org.espalier.graph.build.Recurrent.GRU;
import static org.espalier.graph.build.Recurrent.LSTM;
import static org.espalier.graph.zoo.LanguageModel.bert;
import static org.espalier.graph.zoo.LanguageModel.gpt;
import static org.espalier.graph.zoo.LanguageModel.llama;
import static org.espalier.graph.zoo.LanguageModel.recurrent;
import static org.espalier.graph.zoo.Network.image;
import static org.espalier.graph.zoo.Network.text;
import static org.espalier.graph.zoo.Perceptrons.perceptron;
import static org.espalier.graph.zoo.VisionTransformer.vit;

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

  private static final String MASKED_TEXT = "input_ids [N, S], attention_mask [N, S]";
  private static final String TEXT = "input_ids [N, S]";

  private static final List<Network> NETWORKS =
      List.of(
          image("mlpnet", "Singh and Jaggi 2020", 1, 28, 32_430, x -> perceptron(x, 40, 20, 10)),
          image(
              "lenet-300-100",
              "LeCun et al. 1998",
              1,
              28,
              266_610,
              x -> perceptron(x, 300, 100, 10)),
          image("lenet-5", "LeCun et al. 1998", 1, 28, 431_080, LeNet::lenet5),
          image("vgg11-bn", "Simonyan and Zisserman 2015", 3, 32, 9_231_114, Vgg::vgg11),
          image("vgg16-bn", "Simonyan and Zisserman 2015", 3, 32, 14_728_266, Vgg::vgg16),
          image("resnet20", "He et al. 2016", 3, 32, 269_722, x -> ResNet.cifar(x, 3)),
          image("resnet32", "He et al. 2016", 3, 32, 464_154, x -> ResNet.cifar(x, 5)),
          image("resnet56", "He et al. 2016", 3, 32, 853_018, x -> ResNet.cifar(x, 9)),
          image("resnet18", "He et al. 2016", 3, 224, 11_689_512, ResNet::resnet18),
          image("resnet50", "He et al. 2016", 3, 224, 25_557_032, ResNet::resnet50),
          image(
              "wide-resnet-28-2",
              "Zagoruyko and Komodakis 2016",
              3,
              32,
              1_467_610,
              x -> WideResNet.wrn28(x, 2)),
          image(
              "wide-resnet-28-4",
              "Zagoruyko and Komodakis 2016",
              3,
              32,
              5_849_050,
              x -> WideResNet.wrn28(x, 4)),
          image(
              "wide-resnet-28-10",
              "Zagoruyko and Komodakis 2016",
              3,
              32,
              36_479_194,
              x -> WideResNet.wrn28(x, 10)),
          image("densenet40", "Huang et al. 2017", 3, 32, 1_019_722, DenseNet::densenet40),
          image("densenet121", "Huang et al. 2017", 3, 224, 7_978_856, DenseNet::densenet121),
          image("mobilenetv1", "Howard et al. 2017", 3, 224, 4_231_976, MobileNet::v1),
          image("mobilenetv2", "Sandler et al. 2018", 3, 224, 3_504_872, MobileNet::v2),
          image("mobilenetv3-small", "Howard et al. 2019", 3, 224, 2_542_856, MobileNet::v3Small),
          image("shufflenetv2", "Ma et al. 2018", 3, 224, 2_278_604, ShuffleNet::v2),
          image("efficientnet-b0", "Tan and Le 2019", 3, 224, 5_288_548, EfficientNet::b0),
          image("unet", "Ronneberger et al. 2015", 3, 64, 7_763_074, UNet::unet),
          image(
              "vit-cifar",
              "Dosovitskiy et al. 2021",
              3,
              32,
              5_362_762,
              x -> vit(x, 4, 192, 12, 3, 10)),
          image(
              "vit-s16",
              "Touvron et al. 2021",
              3,
              224,
              22_050_664,
              x -> vit(x, 16, 384, 12, 6, 1000)),
          image(
              "vit-b16",
              "Dosovitskiy et al. 2021",
              3,
              224,
              86_567_656,
              x -> vit(x, 16, 768, 12, 12, 1000)),
          image("cct-7", "Hassani et al. 2021", 3, 32, 3_760_139, VisionTransformer::cct7),
          text("bert-tiny", "Turc et al. 2019", MASKED_TEXT, 4_386_178, g -> bert(g, 128, 2, 2)),
          text(
              "bert-base",
              "Devlin et al. 2019",
              MASKED_TEXT,
              109_483_778,
              g -> bert(g, 768, 12, 12)),
          text("gpt-char", "Radford et al. 2019", TEXT, 858_880, g -> gpt(g, 256, 256, 128, 4, 4)),
          text(
              "gpt2",
              "Radford et al. 2019",
              TEXT,
              124_439_808,
              g -> gpt(g, 50_257, 1024, 768, 12, 12)),
          text(
              "llama-tiny",
              "Touvron et al. 2023",
              TEXT,
              2_902_272,
              g -> llama(g, 256, 256, 688, 4, 8, 2)),
          text(
              "lstm",
              "Hochreiter and Schmidhuber 1997",
              TEXT,
              1_412_354,
              g -> recurrent(g, LSTM, 1)),
          text("gru", "Cho et al. 2014", TEXT, 1_478_658, g -> recurrent(g, GRU, 2)));

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
