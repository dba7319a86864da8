package org.espalier.graph.inspect;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.espalier.graph.Dim;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.infer.Shapes;
import org.espalier.graph.onnx.Onnx;

/**
 * What a model holds and what one run of it costs.
 *
 * @param parameters trained numbers, see {@link Parameters}
 * @param nonzeros those that are not zero
 * @param macs multiply-accumulates of one run, zeros included
 * @param nonzeroMacs those with a weight that is not zero
 * @param bytes the size of the model as a file, external data included
 * @param opset the version of ONNX's own operators, 0 where none is used
 * @param inputs the shape that each input was taken to have
 * @param layers the nodes with parameters or multiply-accumulates, in graph order
 * @param uncounted nodes whose multiply-accumulates are missing from the sum
 */
public record Inspection(
    long parameters,
    long nonzeros,
    long macs,
    long nonzeroMacs,
    long bytes,
    long opset,
    Map<String, Shape> inputs,
    List<Layer> layers,
    List<Uncounted> uncounted) {

  /**
   * One node.
   *
   * @param shape the shape of its first output, where it is known
   * @param parameters of those it is the first to use
   */
  public record Layer(
      String name,
      String op,
      Optional<Shape> shape,
      long parameters,
      long nonzeros,
      long macs,
      long nonzeroMacs) {}

  /** A node whose work isn't known, and why. */
  public record Uncounted(String node, String op, String reason) {}

  public Inspection {
    inputs = Map.copyOf(inputs);
    layers = List.copyOf(layers);
    uncounted = List.copyOf(uncounted);
  }

  /**
   * A model for inputs of the smallest size: each axis that it leaves open counts as 1, but the
   * sides of images stay open, and what depends on them is uncounted. Where the model can't take 1,
   * its open axes stay open.
   */
  public static Inspection of(Model model) {
    return of(model, Map.of());
  }

  /**
   * A model for inputs of these shapes.
   *
   * @param given shapes by input name; others are as in {@link #of(Model)}
   * @throws InvalidInputException where a shape doesn't fit the model
   */
  public static Inspection of(Model model, Map<String, Shape> given) {
    Sized sized = Sized.of(model, given);
    return new Count(model.graph(), sized.shapes()).result(model, sized.inputs());
  }

  /**
   * The shapes of a model's values for inputs of the smallest size, as {@link #of(Model)} has them.
   */
  public static Shapes shapes(Model model) {
    return Sized.of(model, Map.of()).shapes();
  }

  /** The shapes of the inputs and of all values. */
  private record Sized(Map<String, Shape> inputs, Shapes shapes) {
    static Sized of(Model model, Map<String, Shape> given) {
      Map<String, Shape> inputs = Inspection.inputs(model.graph(), given);
      try {
        return new Sized(inputs, Shapes.infer(model, inputs));
      } catch (InvalidInputException tooSmall) {
        if (!given.isEmpty()) {
          throw tooSmall;
        }
        // An axis that the model leaves open can't be 1.
        return new Sized(declared(model.graph()), Shapes.infer(model));
      }
    }
  }

  private static Map<String, Shape> declared(Graph graph) {
    var inputs = new HashMap<String, Shape>();
    for (ValueInfo input : graph.requiredInputs()) {
      if (input.type() instanceof Type.TensorType(_, Optional<Shape> shape) && shape.isPresent()) {
        inputs.put(input.name(), shape.get());
      }
    }
    return inputs;
  }

  private static Map<String, Shape> inputs(Graph graph, Map<String, Shape> given) {
    var inputs = new HashMap<String, Shape>(given);
    for (ValueInfo input : graph.requiredInputs()) {
      if (input.type() instanceof Type.TensorType(_, Optional<Shape> shape) && shape.isPresent()) {
        inputs.putIfAbsent(input.name(), smallest(shape.get()));
      }
    }
    return inputs;
  }

  private static Shape smallest(Shape shape) {
    var dims = new ArrayList<Dim>();
    for (int axis = 0; axis < shape.rank(); axis++) {
      boolean side = shape.rank() >= 4 && axis >= 2;
      dims.add(side || shape.dim(axis).isFixed() ? shape.dim(axis) : Dim.of(1));
    }
    return new Shape(dims);
  }

  /** The counting of one graph. */
  private static final class Count {
    private final Graph graph;
    private final Shapes shapes;
    private final Map<String, Tensor> parameters;
    private final Map<String, Long> nonzeros = new HashMap<>();
    private final Set<String> seen = new HashSet<>();
    private final List<Layer> layers = new ArrayList<>();
    private final List<Uncounted> uncounted = new ArrayList<>();

    Count(Graph graph, Shapes shapes) {
      this.graph = graph;
      this.shapes = shapes;
      this.parameters = Parameters.of(graph);
      parameters.forEach((name, tensor) -> nonzeros.put(name, tensor.nonzeros()));
    }

    Inspection result(Model model, Map<String, Shape> inputs) {
      graph.nodes().forEach(this::add);
      return new Inspection(
          layers.stream().mapToLong(Layer::parameters).sum(),
          layers.stream().mapToLong(Layer::nonzeros).sum(),
          layers.stream().mapToLong(Layer::macs).sum(),
          layers.stream().mapToLong(Layer::nonzeroMacs).sum(),
          Onnx.length(model),
          model.opset(),
          inputs,
          layers,
          uncounted);
    }

    private void add(Node node) {
      long size = 0;
      long kept = 0;
      for (String name : Graph.uses(node)) {
        if (parameters.containsKey(name) && seen.add(name)) {
          size += parameters.get(name).size();
          kept += nonzeros.get(name);
        }
      }
      for (Graph subgraph : node.subgraphs()) {
        for (Tensor tensor : within(subgraph)) {
          size += tensor.size();
          kept += tensor.nonzeros();
        }
      }
      Optional<Long> macs = Macs.of(node, shapes);
      reason(node, macs)
          .ifPresent(text -> uncounted.add(new Uncounted(node.label(), node.op(), text)));
      long work = macs.orElse(0L);
      if (size > 0 || work > 0) {
        Optional<Shape> shape = node.output(0).flatMap(shapes::shape);
        layers.add(
            new Layer(node.label(), node.op(), shape, size, kept, work, nonzero(node, work)));
      }
    }

    private static List<Tensor> within(Graph subgraph) {
      var tensors = new ArrayList<Tensor>(Parameters.of(subgraph).values());
      for (Node node : subgraph.nodes()) {
        node.subgraphs().forEach(inner -> tensors.addAll(within(inner)));
      }
      return tensors;
    }

    private static Optional<String> reason(Node node, Optional<Long> macs) {
      if (macs.isEmpty()) {
        return Optional.of("a shape isn't known: give the model's input shape");
      }
      if (!node.subgraphs().isEmpty()) {
        return Optional.of("control flow: how often its body runs depends on the data");
      }
      return node.isStandard() || macs.get() > 0
          ? Optional.empty()
          : Optional.of("an operator of '%s'".formatted(node.domain()));
    }

    /** The share of the work whose weight isn't zero; every weight of a layer is used as often. */
    private long nonzero(Node node, long macs) {
      long all = 0;
      long kept = 0;
      for (int input : Macs.weights(node)) {
        String name = node.input(input).orElse("");
        if (parameters.containsKey(name)) {
          all += parameters.get(name).size();
          kept += nonzeros.get(name);
        }
      }
      return all == 0 ? macs : Math.round((double) macs * kept / all);
    }
  }
}
