package org.espalier.graph.pass;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.espalier.graph.DataType;
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

/**
 * Gives another batch to a model whose file fixes it, as exporters do.
 *
 * <p>The first axis of the inputs changes, and so do the constants that an exporter has made of it:
 * targets of Reshape, Expand and Resize, and rows that Concat puts before every example. Which axis
 * of a value holds the batch is told from shape inference before and after: it is the one that
 * grows. Where a Reshape splits or merges axes, row-major order says which part is the batch.
 */
public final class Rebatch {
  private final Model original;
  private final long from;
  private final long to;
  private final Shapes before;
  private final Names names;
  private final List<Node> nodes = new ArrayList<>();
  private final Map<String, Tensor> added = new LinkedHashMap<>();

  private Rebatch(Model original, long from, long to) {
    this.original = original;
    this.from = from;
    this.to = to;
    this.before = Shapes.infer(original);
    this.names = new Names(original.graph());
  }

  /**
   * {@code model} for {@code batch} examples at a time; the model itself where it leaves the batch
   * open or has this one.
   *
   * @throws InvalidInputException where the batch isn't the first axis of the inputs or the model
   *     mixes it with other axes
   */
  public static Model of(Model model, long batch) {
    if (batch < 1) {
      throw new InvalidInputException("a batch of " + batch + ", expected 1 or more");
    }
    String first = "";
    long from = -1;
    for (ValueInfo input : model.graph().requiredInputs()) {
      Optional<Long> size = batch(input);
      if (size.isPresent() && from >= 0 && size.get() != from) {
        throw new InvalidInputException(
            "batch %d: the first axes of inputs '%s' and '%s' are %d and %d: which is the batch?"
                .formatted(batch, first, input.name(), from, size.get()));
      }
      first = size.isPresent() ? input.name() : first;
      from = size.orElse(from);
    }
    return from < 0 || from == batch ? model : new Rebatch(model, from, batch).result();
  }

  /** The first axis of an input, where the file fixes it. */
  private static Optional<Long> batch(ValueInfo input) {
    return input.type() instanceof Type.TensorType(_, Optional<Shape> shape)
            && shape.isPresent()
            && shape.get().rank() > 0
            && shape.get().dim(0) instanceof Dim.Fixed(long size)
        ? Optional.of(size)
        : Optional.empty();
  }

  private Model result() {
    try {
      for (Node node : original.graph().nodes()) {
        nodes.add(
            switch (node.op()) {
              case "Reshape" -> retargeted(node, 1, this::reshaped);
              case "Expand" -> retargeted(node, 1, this::scaled);
              case "Resize" -> retargeted(node, 3, this::scaled);
              case "Concat" -> widened(node);
              default -> node;
            });
      }
      Model changed = model(nodes, outputs(Shapes.infer(model(nodes, List.of()))));
      Shapes.infer(changed);
      return changed;
    } catch (InvalidInputException impossible) {
      throw new InvalidInputException(
          "the file fixes a batch of %d, and %d doesn't fit: %s"
              .formatted(from, to, impossible.getMessage()),
          impossible);
    }
  }

  private Model model(List<Node> nodes, List<ValueInfo> outputs) {
    Graph graph = original.graph();
    var initializers = new LinkedHashMap<>(graph.initializers());
    initializers.putAll(added);
    return original.withGraph(
        graph
            .with(nodes, initializers)
            .withInputs(graph.inputs().stream().map(this::resized).toList())
            .withOutputs(outputs)
            .withValues(List.of()));
  }

  private ValueInfo resized(ValueInfo input) {
    if (original.graph().isInitializer(input.name()) || batch(input).isEmpty()) {
      return input;
    }
    var type = (Type.TensorType) input.type();
    var dims = new ArrayList<>(type.shape().orElseThrow().dims());
    dims.set(0, Dim.of(to));
    return new ValueInfo(
        input.name(), Type.tensor(type.element(), new Shape(dims)), input.details());
  }

  /** The outputs with their new shapes, of which one at least must have the batch. */
  private List<ValueInfo> outputs(Shapes after) {
    var outputs = new ArrayList<ValueInfo>();
    boolean batched = false;
    for (ValueInfo output : original.graph().outputs()) {
      String name = output.name();
      batched |= after.shape(name).isEmpty() || grown(name, after).isPresent();
      outputs.add(
          output.type() instanceof Type.TensorType(DataType element, _)
              ? new ValueInfo(
                  name, new Type.TensorType(element, after.shape(name)), output.details())
              : output);
    }
    if (!batched) {
      throw new InvalidInputException("no output grows with it");
    }
    return outputs;
  }

  /** The axis of a value that holds the batch. */
  private Optional<Integer> grown(String value, Shapes after) {
    Optional<long[]> old = before.shape(value).flatMap(Shape::sizes);
    Optional<long[]> now = after.shape(value).flatMap(Shape::sizes);
    if (old.isEmpty() || now.isEmpty() || Arrays.equals(old.get(), now.get())) {
      return Optional.empty();
    }
    int axis = Arrays.mismatch(old.get(), now.get());
    long[] expected = old.get().clone();
    expected[axis] = expected[axis] / from * to;
    if (!Arrays.equals(expected, now.get())) {
      throw new InvalidInputException(
          "'%s' grows from %s to %s"
              .formatted(value, Arrays.toString(old.get()), Arrays.toString(now.get())));
    }
    return Optional.of(axis);
  }

  private interface Target {
    /** Adapts {@code target} to data whose axis {@code axis} has grown. */
    void adapt(Node node, int axis, long[] target);
  }

  /** {@code node} with the target at {@code input}, a constant, adapted to the batch. */
  private Node retargeted(Node node, int input, Target change) {
    Optional<String> name = node.input(input);
    if (!node.isStandard() || name.isEmpty()) {
      return node;
    }
    Shapes after = Shapes.infer(model(nodes, List.of()));
    Optional<Tensor> target = before.constant(name.get());
    Optional<Integer> axis = grown(node.inputs().getFirst(), after);
    boolean follows = !target.equals(after.constant(name.get())); // it is computed from shapes
    if (axis.isEmpty() || target.isEmpty() || follows) {
      return node;
    }
    long[] adapted = target.get().integers();
    change.adapt(node, axis.get(), adapted);
    if (Arrays.equals(adapted, target.get().integers())) {
      return node;
    }
    return withInput(node, input, constant(name.get(), adapted));
  }

  private String constant(String hint, long... values) {
    String name = names.fresh(hint + "_batch");
    added.put(name, Tensor.of(values));
    return name;
  }

  private static Node withInput(Node node, int index, String value) {
    var inputs = new ArrayList<>(node.inputs());
    inputs.set(index, value);
    return node.withInputs(inputs);
  }

  private long[] sizes(String value) {
    return before
        .shape(value)
        .flatMap(Shape::sizes)
        .orElseThrow(() -> new InvalidInputException("the shape of '%s' is open".formatted(value)));
  }

  /** The batch keeps its place in memory: as many elements stay outside of it. */
  private void reshaped(Node node, int axis, long[] target) {
    long[] in = sizes(node.inputs().getFirst());
    long[] out = sizes(node.outputs().getFirst());
    long outer = Tensor.elements(Arrays.copyOf(in, axis));
    long found = 1;
    for (int at = 0; at < out.length && found <= outer; found *= out[at++]) {
      if (found == outer && out[at] % from == 0) {
        boolean copied = target[at] == 0 && at == axis;
        if (target[at] != -1 && !copied) {
          target[at] = out[at] / from * to;
        }
        return;
      }
    }
    throw new InvalidInputException(
        "Reshape '%s' from %s to %s mixes it with other axes"
            .formatted(node.label(), Arrays.toString(in), Arrays.toString(out)));
  }

  /** The axes are counted from the end, as in broadcasting. */
  private void scaled(Node node, int axis, long[] target) {
    int at = axis + target.length - sizes(node.inputs().getFirst()).length;
    if (at >= 0 && target[at] > 0 && target[at] % from == 0) {
      target[at] = target[at] / from * to;
    }
  }

  /** Repeats what is the same for every example, such as a class token, beside what isn't. */
  private Node widened(Node node) {
    if (!node.isStandard()) {
      return node;
    }
    Shapes after = Shapes.infer(model(nodes, List.of()));
    Optional<Integer> axis =
        node.inputs().stream().flatMap(value -> grown(value, after).stream()).findFirst();
    Node wide = node;
    for (int k = 0; axis.isPresent() && k < node.inputs().size(); k++) {
      String value = node.inputs().get(k);
      long[] dims = before.shape(value).flatMap(Shape::sizes).orElse(new long[0]);
      boolean fixed = axis.get() < dims.length && grown(value, after).isEmpty();
      long joined = node.integer("axis", 0);
      if (fixed
          && dims[axis.get()] == 1
          && (joined < 0 ? joined + dims.length : joined) != axis.get()) {
        dims[axis.get()] = to;
        String repeated = names.fresh(value + "_repeated");
        nodes.add(Node.of("Expand", List.of(value, constant(value, dims)), List.of(repeated)));
        wide = withInput(wide, k, repeated);
      }
    }
    return wide;
  }
}
