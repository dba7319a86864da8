package org.espalier.train.rule;

import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Operators;
import org.espalier.prune.Layer;
import org.espalier.prune.Layers;
import org.espalier.prune.Masks;
import org.espalier.train.Step;
import org.espalier.train.TrainingRule;

/**
 * Trains a few weights and leaves all others as they are: enough to bring a pruned network back
 * (PERP, Zimmer et al., 2023, arXiv:2312.15230). Zeros stay zero, adapters respect them.
 *
 * @param parts which weights
 */
public record PartialTraining(Set<Part> parts) implements TrainingRule {
  /** Some weights of a network. */
  public enum Part {
    /** What is added to the outputs of layers. */
    BIAS,
    /** Scales and shifts of normalisations. */
    NORM,
    /** The last layer's weight, and its bias. */
    HEAD,
    /** A product of two thin matrices for each layer, added to its weight where that isn't zero. */
    LORA,
    /** A product of two thin matrices for each layer, by which its weight is scaled. */
    SCALE
  }

  public PartialTraining {
    if (parts.isEmpty()) {
      throw new InvalidInputException("no part to train, expected some of " + names());
    }
    if (parts.containsAll(Set.of(Part.LORA, Part.SCALE))) {
      throw new InvalidInputException("lora and scale are two forms of one part: choose one");
    }
    parts = Set.copyOf(EnumSet.copyOf(parts));
  }

  /** Parses names with commas between, such as {@code bias,norm}. */
  public static PartialTraining parse(String text) {
    var parts = EnumSet.noneOf(Part.class);
    for (String name : text.split(",", -1)) {
      parts.add(
          EnumSet.allOf(Part.class).stream()
              .filter(part -> part.name().equalsIgnoreCase(name.strip()))
              .findFirst()
              .orElseThrow(
                  () ->
                      new InvalidInputException(
                          "no part '%s' to train; expected some of %s".formatted(name, names()))));
    }
    return new PartialTraining(parts);
  }

  private static String names() {
    return EnumSet.allOf(Part.class).stream()
        .map(part -> part.name().toLowerCase(Locale.ROOT))
        .collect(Collectors.joining(", "));
  }

  @Override
  public String describe() {
    return "train only "
        + new TreeSet<>(parts)
            .stream()
                .map(part -> part.name().toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(","));
  }

  @Override
  public Model prepare(Model model) {
    if (!adapts()) {
      return model;
    }
    // An adapter would hide the head's weight, which is trained whole.
    Optional<Layer> whole = parts.contains(Part.HEAD) ? head(model) : Optional.empty();
    return Adapters.added(
        model, whole.map(Layer::weight).map(Set::of).orElse(Set.of()), parts.contains(Part.SCALE));
  }

  private boolean adapts() {
    return parts.contains(Part.LORA) || parts.contains(Part.SCALE);
  }

  private static Optional<Layer> head(Model model) {
    List<Layer> layers = Layers.of(model).layers();
    return layers.isEmpty() ? Optional.empty() : Optional.of(layers.getLast());
  }

  @Override
  public Optional<Set<String>> trains(Model model) {
    Graph graph = model.graph();
    var trained = new LinkedHashSet<String>();
    for (Node node : graph.nodes()) {
      switch (node.op()) {
        case "Conv", "ConvTranspose", "Gemm" -> put(Part.BIAS, graph, node, 2, trained);
        case "Add" -> {
          put(Part.BIAS, graph, node, 0, trained);
          put(Part.BIAS, graph, node, 1, trained);
        }
        default -> {}
      }
      if (Operators.NORMALIZATIONS.contains(node.op())) {
        put(Part.NORM, graph, node, 1, trained);
        put(Part.NORM, graph, node, 2, trained);
      }
    }
    if (parts.contains(Part.HEAD)) {
      head(model)
          .ifPresent(
              head -> {
                trained.add(head.weight());
                head.node().input(2).filter(graph::isInitializer).ifPresent(trained::add);
              });
    }
    if (adapts()) {
      trained.addAll(Adapters.weights(graph));
    }
    return Optional.of(trained);
  }

  @Override
  public void begin(Step step) {
    if (step.masks().byWeight().isEmpty()) {
      step.hold(Masks.ofNonzeros(step.layers()));
    }
  }

  private void put(Part part, Graph graph, Node node, int input, Set<String> trained) {
    if (parts.contains(part)) {
      node.input(input)
          .filter(name -> graph.initializer(name).filter(t -> t.rank() == 1).isPresent())
          .ifPresent(trained::add);
    }
  }

  @Override
  public Model finish(Step step, Model trained) {
    return Adapters.merged(trained);
  }
}
