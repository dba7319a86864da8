package org.espalier.prune;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.espalier.graph.Constants;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/**
 * The prunable layers of a model in graph order, and what was left out with the reason.
 *
 * <p>Prunable are the constant float weights of Conv, ConvTranspose, Gemm and MatMul, reached
 * directly or through Identity and Transpose. Biases, norm scales, embeddings and recurrent cells
 * stay dense, an output layer tied to the embedding too. A weight that several nodes share is one
 * layer; it is skipped where they read it differently.
 */
public record Layers(List<Layer> layers, List<Skipped> skipped) {
  public Layers {
    layers = List.copyOf(layers);
    skipped = List.copyOf(skipped);
  }

  /** The layers of a model. */
  public static Layers of(Model model) {
    return new Walk(model.graph()).result();
  }

  /** Only the layers whose weight or node passes; the others are skipped with {@code reason}. */
  public Layers only(Predicate<Layer> wanted, String reason) {
    var without = new ArrayList<>(skipped);
    layers.stream()
        .filter(wanted.negate())
        .forEach(layer -> without.add(new Skipped(layer.node().label(), reason)));
    return new Layers(layers.stream().filter(wanted).toList(), without);
  }

  /** The names of their weights. */
  public Set<String> weights() {
    return layers.stream().map(Layer::weight).collect(Collectors.toSet());
  }

  /** How many weights the layers have. */
  public long size() {
    return layers.stream().mapToLong(Layer::size).sum();
  }

  private static final class Walk {
    private final Graph graph;
    private final Map<String, Tensor> constants;
    private final Map<String, Node> producers;
    private final Map<String, Layer> found = new LinkedHashMap<>();
    private final Set<String> embeddings;
    private final List<Skipped> skipped = new ArrayList<>();

    Walk(Graph graph) {
      this.graph = graph;
      constants = Constants.of(graph);
      producers = graph.producers();
      embeddings =
          graph.nodes().stream()
              .filter(node -> node.is("Gather"))
              .flatMap(node -> source(node, 0).stream())
              .map(Source::name)
              .collect(Collectors.toSet());
    }

    Layers result() {
      for (Node node : graph.nodes()) {
        if (!node.subgraphs().isEmpty()) {
          skip(node, "the weights inside its subgraphs belong to control flow");
        }
        if (!node.isStandard()) {
          continue;
        }
        switch (node.op()) {
          case "Conv" -> add(node, 1, false);
          case "ConvTranspose" -> addTransposedConvolution(node);
          case "Gemm" -> addGemm(node);
          case "MatMul" -> addMatMul(node);
          case "LSTM", "GRU", "RNN" -> skip(node, "recurrent weights stay dense");
          case "MatMulInteger", "ConvInteger", "QLinearConv", "QLinearMatMul" ->
              skip(node, "its weights are quantised");
          default -> {}
        }
      }
      return new Layers(List.copyOf(found.values()), skipped);
    }

    private void addGemm(Node node) {
      if (source(node, 1).isPresent()) {
        add(node, 1, node.integer("transB", 0) == 0);
      } else if (source(node, 0).isPresent()) {
        add(node, 0, node.integer("transA", 0) != 0);
      }
    }

    private void addMatMul(Node node) {
      if (source(node, 1).isPresent()) {
        add(node, 1, true);
      } else if (source(node, 0).isPresent()) {
        add(node, 0, false);
      }
    }

    private void addTransposedConvolution(Node node) {
      if (node.integer("group", 1) == 1) {
        add(node, 1, true);
      } else {
        skip(node, "a grouped transposed convolution's weight is no matrix of outputs and inputs");
      }
    }

    private void add(Node node, int input, boolean transposed) {
      Optional<Source> source = source(node, input);
      if (source.isEmpty()) {
        node.input(input)
            .filter(name -> producers.containsKey(name))
            .map(producers::get)
            .filter(maker -> maker.op().equals("DequantizeLinear"))
            .ifPresent(maker -> skip(node, "its weight is quantised"));
        return;
      }
      Tensor tensor = source.get().tensor();
      boolean flipped = transposed ^ source.get().transposed();
      if (embeddings.contains(source.get().name())) {
        skip(node, "its weight '" + source.get().name() + "' is an embedding, too");
        return;
      }
      Optional<String> reason = unfit(node, tensor, source.get().transposed());
      if (reason.isPresent()) {
        skip(node, reason.get());
        return;
      }
      Layer layer = layer(source.get().name(), node, tensor, flipped);
      Layer known = found.putIfAbsent(layer.weight(), layer);
      if (known != null && (known.transposed() != flipped || known.rows() != layer.rows())) {
        found.remove(layer.weight());
        skip(node, "shares '" + layer.weight() + "' with a node that reads it the other way round");
      }
    }

    private Optional<String> unfit(Node node, Tensor tensor, boolean turned) {
      if (tensor.type() != DataType.FLOAT
          && tensor.type() != DataType.DOUBLE
          && tensor.type() != DataType.FLOAT16
          && tensor.type() != DataType.BFLOAT16) {
        return Optional.of("its weight is of type " + tensor.type());
      }
      if (tensor.rank() < 2 || tensor.size() == 0) {
        return Optional.of("its weight of shape " + tensor.shape() + " is no matrix");
      }
      if (turned && tensor.rank() > 2) {
        return Optional.of("its weight of shape " + tensor.shape() + " is transposed on the way");
      }
      if (tensor.size() > Integer.MAX_VALUE) {
        return Optional.of("its weight has over 2^31 elements");
      }
      boolean depthwise =
          node.op().equals("Conv") && tensor.dim(1) == 1 && node.integer("group", 1) > 1;
      return depthwise
          ? Optional.of("depthwise: one input channel a filter leaves little to prune")
          : Optional.empty();
    }

    private static Layer layer(String name, Node node, Tensor tensor, boolean transposed) {
      int size = (int) tensor.size();
      int columns;
      if (node.op().equals("Conv")) {
        columns = size / (int) tensor.dim(0);
      } else if (node.op().equals("ConvTranspose")) {
        // [in, out, kh, kw]: the rows are the (out, kh, kw) and a row's columns the inputs.
        columns = (int) tensor.dim(0);
        Tensor matrix = tensor.reshape(columns, size / columns);
        return new Layer(name, node, matrix, size / columns, columns, true);
      } else {
        columns = (int) tensor.dim(transposed ? -2 : -1);
      }
      return new Layer(name, node, tensor, size / columns, columns, transposed);
    }

    private record Source(String name, Tensor tensor, boolean transposed) {}

    /** The constant behind an input, seen through Identity and the transposition of a matrix. */
    private Optional<Source> source(Node node, int input) {
      String name = node.input(input).orElse("");
      boolean transposed = false;
      for (int hops = 0; hops < 8; hops++) {
        Tensor tensor = constants.get(name);
        if (tensor != null) {
          return Optional.of(new Source(name, tensor, transposed));
        }
        Node maker = producers.get(name);
        if (maker == null || !(maker.is("Identity") || maker.is("Transpose"))) {
          return Optional.empty();
        }
        if (maker.is("Transpose")) {
          long[] perm = maker.integers("perm", 1, 0);
          if (perm.length != 2 || perm[0] != 1) {
            return Optional.empty();
          }
          transposed = !transposed;
        }
        name = maker.input(0).orElse("");
      }
      return Optional.empty();
    }

    private void skip(Node node, String reason) {
      skipped.add(new Skipped(node.label(), reason));
    }
  }
}
