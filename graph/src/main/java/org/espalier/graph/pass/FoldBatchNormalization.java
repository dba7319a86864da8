package org.espalier.graph.pass;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;

/**
 * Puts BatchNormalization with fixed statistics into the weights of the convolution or Gemm before
 * it, or of an unpadded convolution after it, where nothing else uses the value in between.
 *
 * <p>The new weights are computed in double and rounded once. Behind a padded convolution's border
 * zeros would not be normalised, so that one is left alone. Weights that others use too are not
 * changed: the layer gets weights of its own.
 */
public final class FoldBatchNormalization implements Pass {

  @Override
  public Model apply(Model model) {
    Model result = model;
    Model before;
    do {
      before = result;
      result = new Folding(before).apply();
    } while (result.graph().nodes().size() < before.graph().nodes().size());
    return result;
  }

  /** A normalisation as a scale and a shift of each channel. */
  private record Affine(double[] scale, double[] shift) {}

  /** The work on one model. */
  private static final class Folding {
    private final Model model;
    private final FixedValues constants;
    private final Map<String, List<Node>> consumers;
    private final Set<String> outputs = new HashSet<>();
    private final Map<String, Node> producers;

    /** Nodes that others take the place of; a node without one is gone. */
    private final Map<Node, Optional<Node>> replaced = new HashMap<>();

    Folding(Model model) {
      this.model = model;
      constants = new FixedValues(model);
      consumers = model.graph().consumers();
      producers = model.graph().producers();
      model.graph().outputs().stream().map(ValueInfo::name).forEach(outputs::add);
    }

    Model apply() {
      for (Node node : model.graph().nodes()) {
        if (isFixed(node)) {
          affine(node).ifPresent(affine -> fold(node, affine));
        }
      }
      if (replaced.isEmpty()) {
        return model;
      }
      var nodes = new ArrayList<Node>();
      for (Node node : model.graph().nodes()) {
        replaced.getOrDefault(node, Optional.of(node)).ifPresent(nodes::add);
      }
      return constants.rebuilt(nodes);
    }

    /** Whether this is batch normalisation as in inference, over the channels of axis 1. */
    private static boolean isFixed(Node node) {
      return node.is("BatchNormalization")
          && node.inputs().size() == 5
          && node.integer("training_mode", 0) == 0
          && node.integer("spatial", 1) == 1
          && node.outputs().stream().skip(1).allMatch(String::isEmpty);
    }

    private Optional<Affine> affine(Node node) {
      var parameters = new ArrayList<Tensor>();
      for (int k = 1; k <= 4; k++) {
        Optional<Tensor> parameter = node.input(k).flatMap(constants::find);
        if (parameter.isEmpty() || parameter.get().rank() != 1) {
          return Optional.empty();
        }
        parameters.add(parameter.get());
      }
      double epsilon = node.real("epsilon", 1e-5f);
      int channels = (int) parameters.getFirst().size();
      double[] scale = new double[channels];
      double[] shift = new double[channels];
      for (int c = 0; c < channels; c++) {
        if (parameters.stream().anyMatch(parameter -> parameter.size() != channels)) {
          return Optional.empty();
        }
        scale[c] = parameters.get(0).realAt(c) / Math.sqrt(parameters.get(3).realAt(c) + epsilon);
        shift[c] = parameters.get(1).realAt(c) - parameters.get(2).realAt(c) * scale[c];
      }
      return Optional.of(new Affine(scale, shift));
    }

    private void fold(Node norm, Affine affine) {
      Node before = norm.input(0).map(producers::get).orElse(null);
      if (before != null && isOnlyUse(before.outputs().getFirst(), norm) && isFree(before)) {
        Optional<Layer> layer = layer(before);
        if (layer.isPresent() && layer.get().outputs() == affine.scale().length) {
          Node folded = scaledOutputs(layer.get(), affine);
          replaced.put(before, Optional.of(folded.withOutputs(norm.outputs().subList(0, 1))));
          replaced.put(norm, Optional.empty());
          return;
        }
      }
      List<Node> after = consumers.getOrDefault(norm.outputs().getFirst(), List.of());
      if (after.size() == 1
          && isOnlyUse(norm.outputs().getFirst(), after.getFirst())
          && isUnpadded(after.getFirst())
          && isFree(after.getFirst())) {
        layer(after.getFirst())
            .filter(layer -> layer.inputs() == affine.scale().length)
            .ifPresent(
                layer -> {
                  Node folded = scaledInputs(layer, affine);
                  var inputs = new ArrayList<>(folded.inputs());
                  inputs.set(0, norm.inputs().getFirst());
                  replaced.put(after.getFirst(), Optional.of(folded.withInputs(inputs)));
                  replaced.put(norm, Optional.empty());
                });
      }
    }

    private boolean isFree(Node node) {
      return !replaced.containsKey(node);
    }

    private boolean isOnlyUse(String value, Node user) {
      return !outputs.contains(value)
          && consumers.getOrDefault(value, List.of()).equals(List.of(user))
          && user.input(0).equals(Optional.of(value));
    }

    private static boolean isUnpadded(Node node) {
      return node.is("Conv")
          && Set.of("NOTSET", "VALID").contains(node.text("auto_pad", "NOTSET"))
          && Arrays.stream(node.integers("pads", new long[0])).allMatch(pad -> pad == 0);
    }

    /**
     * A layer with constant weights.
     *
     * @param bias null where there is none
     */
    private record Layer(Node node, Tensor weight, Tensor bias) {
      long groups() {
        return node.integer("group", 1);
      }

      int outputs() {
        return (int)
            switch (node.op()) {
              case "Conv" -> weight.dim(0);
              case "ConvTranspose" -> weight.dim(1) * groups();
              default -> weight.dim(node.integer("transB", 0) == 0 ? 1 : 0);
            };
      }

      int inputs() {
        return (int) (weight.dim(1) * groups());
      }

      /** The output channel of element {@code index} of the weight. */
      int output(long index) {
        long inner = weight.size() / (weight.dim(0) * weight.dim(1));
        long row = index / (weight.dim(1) * inner);
        long column = index / inner % weight.dim(1);
        return (int)
            switch (node.op()) {
              case "Conv" -> row;
              case "ConvTranspose" -> row / (weight.dim(0) / groups()) * weight.dim(1) + column;
              default -> node.integer("transB", 0) == 0 ? column : row;
            };
      }

      /** The input channel of element {@code index} of a convolution's weight. */
      int input(long index) {
        long inner = weight.size() / (weight.dim(0) * weight.dim(1));
        long group = output(index) / (weight.dim(0) / groups());
        return (int) (group * weight.dim(1) + index / inner % weight.dim(1));
      }

      /** The bias of a channel, with a Gemm's factor. */
      double biasAt(int channel) {
        if (bias == null) {
          return 0;
        }
        double beta = node.op().equals("Gemm") ? node.real("beta", 1) : 1;
        return beta * bias.realAt(bias.size() == 1 ? 0 : channel);
      }
    }

    private Optional<Layer> layer(Node node) {
      if (!node.is("Conv") && !node.is("ConvTranspose") && !node.is("Gemm")) {
        return Optional.empty();
      }
      Tensor weight = node.input(1).flatMap(constants::find).orElse(null);
      Tensor bias = node.input(2).flatMap(constants::find).orElse(null);
      if (weight == null
          || (weight.type() != DataType.FLOAT && weight.type() != DataType.DOUBLE)
          || weight.rank() < 2
          || weight.size() == 0
          || (bias == null && node.input(2).isPresent())) {
        return Optional.empty();
      }
      var layer = new Layer(node, weight, bias);
      boolean perChannel =
          bias == null
              || (bias.type() == weight.type()
                  && (bias.size() == 1 || bias.dim(-1) == layer.outputs())
                  && (bias.size() == 1 || bias.size() == layer.outputs()));
      return perChannel ? Optional.of(layer) : Optional.empty();
    }

    private Node scaledOutputs(Layer layer, Affine affine) {
      Tensor weight = Tensor.allocate(layer.weight().type(), layer.weight().dims());
      for (long k = 0; k < weight.size(); k++) {
        weight.setReal(k, layer.weight().realAt(k) * affine.scale()[layer.output(k)]);
      }
      Tensor bias = Tensor.allocate(weight.type(), layer.outputs());
      for (int c = 0; c < layer.outputs(); c++) {
        bias.setReal(c, layer.biasAt(c) * affine.scale()[c] + affine.shift()[c]);
      }
      return withWeights(layer, weight, bias);
    }

    private Node scaledInputs(Layer layer, Affine affine) {
      Tensor weight = Tensor.allocate(layer.weight().type(), layer.weight().dims());
      double[] sums = new double[layer.outputs()];
      for (long k = 0; k < weight.size(); k++) {
        double value = layer.weight().realAt(k);
        weight.setReal(k, value * affine.scale()[layer.input(k)]);
        sums[layer.output(k)] += value * affine.shift()[layer.input(k)];
      }
      Tensor bias = Tensor.allocate(weight.type(), layer.outputs());
      for (int c = 0; c < layer.outputs(); c++) {
        bias.setReal(c, layer.biasAt(c) + sums[c]);
      }
      return withWeights(layer, weight, bias);
    }

    private Node withWeights(Layer layer, Tensor weight, Tensor bias) {
      Node node = layer.node();
      String stem = node.inputs().get(1);
      String weightName = own(stem, stem);
      String biasName =
          node.input(2)
              .map(name -> own(name, name))
              .orElseGet(() -> constants.freshName(stem + "_bias"));
      constants.put(weightName, weight);
      constants.put(biasName, bias);
      Node changed = node.withInputs(List.of(node.inputs().get(0), weightName, biasName));
      return node.has("beta") ? changed.with("beta", Attribute.of(1f)) : changed;
    }

    /** {@code name}, where it is an initializer that only one node uses, or a new name. */
    private String own(String name, String wish) {
      Graph graph = model.graph();
      boolean mine =
          graph.isInitializer(name)
              && consumers.getOrDefault(name, List.of()).size() == 1
              && !outputs.contains(name);
      return mine ? name : constants.freshName(wish + "_folded");
    }
  }
}
