package org.espalier.graph.infer;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import org.espalier.graph.DataType;
import org.espalier.graph.Dim;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;

/**
 * The element type, shape and, where the model decides it, contents of each value of a model.
 *
 * <p>Shapes are worked out from the inputs on, operator by operator; what the file says of values
 * in between is only believed where nothing could be worked out. A symbolic size is an expression
 * in the symbols of the inputs, such as {@code 4*N} or {@code floor((H + 1)/2)}: equal expressions
 * have equal names, and a name of this form in an input's shape is read as one. A symbol is taken
 * to be at least 1. Integers computed from shapes are followed, so a Reshape whose target is put
 * together from another value's shape has a shape.
 *
 * <p>Names are those of the main graph; values inside subgraphs and functions are followed but not
 * listed.
 */
public final class Shapes {
  private final Map<String, Fact> facts;
  private final List<Gap> gaps;

  private Shapes(Map<String, Fact> facts, List<Gap> gaps) {
    this.facts = facts;
    this.gaps = List.copyOf(gaps);
  }

  /**
   * The shapes of a model, in any opset from 7 and in canonical form.
   *
   * @throws InvalidInputException where shapes contradict each other or the operators, naming the
   *     node
   */
  public static Shapes infer(Model model) {
    return infer(model, Map.of());
  }

  /**
   * The shapes of a model for inputs of these shapes, of the declared rank each. Inputs not named
   * have the shape that the model declares. Sizes may differ from declared ones; what the file says
   * of other values' shapes is then not believed.
   */
  public static Shapes infer(Model model, Map<String, Shape> inputs) {
    return infer(model, inputs, Map.of());
  }

  /**
   * The shapes of a model for inputs of these shapes, or these contents: what a Reshape's target or
   * a Slice's bounds are is then known where they are inputs.
   */
  public static Shapes infer(Model model, Map<String, Shape> inputs, Map<String, Tensor> contents) {
    var given = new HashMap<String, Fact>();
    inputs.forEach((name, shape) -> given.put(name, Fact.of(null, Dims.of(shape))));
    contents.forEach((name, tensor) -> given.put(name, Fact.of(tensor)));
    Graph graph = model.graph();
    var facts = new HashMap<String, Fact>();
    graph.initializers().forEach((name, tensor) -> facts.put(name, Fact.of(tensor)));
    graph.sparseInitializers().forEach((name, sparse) -> facts.put(name, Walk.fact(sparse)));
    var declared = new Declared(graph);
    for (ValueInfo input : graph.inputs()) {
      Fact stated = facts.getOrDefault(input.name(), fact(input.type()));
      Fact wanted = given.remove(input.name());
      facts.put(input.name(), wanted == null ? stated : declared.replaced(input, stated, wanted));
    }
    if (!given.isEmpty()) {
      throw new InvalidInputException(
          "no input named '%s'; there are %s"
              .formatted(
                  given.keySet().iterator().next(),
                  graph.inputs().stream().map(ValueInfo::name).toList()));
    }
    var walk = new Walk(model);
    walk.run(
        graph.nodes(), new Scope(facts, null), new Setting(model.opsets(), Map.of()), declared);
    return new Shapes(facts, walk.gaps());
  }

  private static Fact fact(Type type) {
    return type instanceof Type.TensorType(DataType element, Optional<Shape> shape)
        ? Fact.of(element, shape.map(Dims::of).orElse(null))
        : Fact.UNKNOWN;
  }

  private Optional<Fact> fact(String value) {
    return Optional.ofNullable(facts.get(value));
  }

  /** The shape of a value, where its rank is known; empty also for a name not in the graph. */
  public Optional<Shape> shape(String value) {
    return fact(value).map(Fact::dims).map(Dims::toShape);
  }

  /** The element type of a value, where it is known. */
  public Optional<DataType> element(String value) {
    return fact(value).map(Fact::element);
  }

  /** The rank of a value, or -1 where it isn't known. */
  public int rank(String value) {
    return fact(value).map(Fact::dims).map(Dims::rank).orElse(-1);
  }

  /**
   * How often an axis of symbolic size repeats: 12 for {@code 12*N}, 1 for one that needn't be
   * divisible by anything. The size itself where it is a number.
   */
  public long period(String value, int axis) {
    return fact(value).map(Fact::dims).map(dims -> dims.at(axis).divisor()).orElse(1L);
  }

  /**
   * The blocks of axes of two values that a Reshape of one to the other keeps together: neighbours
   * whose sizes have equal products, as small as can be told. Axes in none of them can't be told.
   */
  public List<Block> blocks(String from, String to) {
    Optional<Dims> in = fact(from).map(Fact::dims);
    Optional<Dims> out = fact(to).map(Fact::dims);
    return in.isEmpty() || out.isEmpty() ? List.of() : Block.of(in.get(), out.get());
  }

  /**
   * The contents of a value, where they don't depend on the inputs' contents: an initializer, or
   * the result of arithmetic on constants and fixed sizes.
   */
  public Optional<Tensor> constant(String value) {
    return fact(value).flatMap(Fact::tensor);
  }

  /**
   * The elements of a small integer tensor as far as they are known, row-major: numbers and
   * symbolic expressions of sizes, {@link Dim.Unknown} where nothing is known or the number is
   * negative. Empty where none is known.
   */
  public Optional<List<Dim>> elements(String value) {
    return fact(value).flatMap(Fact::entries).map(Shapes::dims);
  }

  private static List<Dim> dims(Size[] entries) {
    return Arrays.stream(entries)
        .map(e -> e == null || (e.isFixed() && e.fixed() < 0) ? Dim.unknown() : e.toDim())
        .toList();
  }

  /** The nodes with an output of unknown shape, in graph order. */
  public List<Gap> gaps() {
    return gaps;
  }

  /** The operators that have a rule; one outside ONNX's own set as {@code domain:Operator}. */
  public static SortedSet<String> operators() {
    return Rules.names();
  }
}
