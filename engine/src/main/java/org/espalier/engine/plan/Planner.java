package org.espalier.engine.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.espalier.engine.kernel.Kernels;
import org.espalier.graph.DataType;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.infer.Shapes;

/**
 * A plan in the making: where each value lives so far, in one or more layouts, and the steps to
 * make them. A rule asks for its inputs in the layout it wants; a conversion is only added where a
 * value doesn't have that layout yet.
 */
final class Planner {
  private final Kernels kernels;
  private final Shapes shapes;
  private final Tuner tuner;
  private final Weights weights;
  private final Map<String, Home.Boxed> given = new HashMap<>();
  private final Map<String, List<Home>> homes = new HashMap<>();
  private final Map<Slot, Tensor> pinned = new HashMap<>();
  private final List<Slot> slots = new ArrayList<>();
  private final List<Slot> scratch = new ArrayList<>();
  private final List<Step> steps = new ArrayList<>();
  private final List<Double> micros = new ArrayList<>();
  private final List<Slot> touched = new ArrayList<>();
  private final int threads;
  private final int firstStep;
  private boolean trial;
  private final List<Choice> choices = new ArrayList<>();
  private final List<Section> sections = new ArrayList<>();
  private int boxes;
  private Layer layer;

  /** The steps and choices of one layer: those up to these counts that no earlier one has. */
  record Section(Layer layer, int steps, int choices) {}

  Planner(Kernels kernels, Shapes shapes, Tuner tuner, Weights weights, int threads) {
    this(kernels, shapes, tuner, weights, threads, 0);
  }

  private Planner(
      Kernels kernels, Shapes shapes, Tuner tuner, Weights weights, int threads, int firstStep) {
    this.kernels = kernels;
    this.shapes = shapes;
    this.tuner = tuner;
    this.weights = weights;
    this.threads = threads;
    this.firstStep = firstStep;
  }

  /** A planner that knows all that this one knows and whose steps are only its own: for a trial. */
  Planner fork() {
    var fork = new Planner(kernels, shapes, tuner, weights, threads, firstStep + steps.size());
    fork.given.putAll(given);
    homes.forEach((value, known) -> fork.homes.put(value, new ArrayList<>(known)));
    fork.boxes = boxes;
    fork.trial = true;
    return fork;
  }

  /** Whether this is a fork, whose steps are only timed. */
  boolean isTrial() {
    return trial;
  }

  Kernels kernels() {
    return kernels;
  }

  /** How many workers may have scratch memory of their own. */
  int threads() {
    return threads;
  }

  Tuner tuner() {
    return tuner;
  }

  Weights weights() {
    return weights;
  }

  Shapes shapes() {
    return shapes;
  }

  List<Step> steps() {
    return steps;
  }

  List<Slot> slots() {
    return slots;
  }

  Map<Slot, Tensor> pinned() {
    return pinned;
  }

  List<Choice> choices() {
    return choices;
  }

  int boxes() {
    return boxes;
  }

  /** Floats in a tile. */
  int tile() {
    return Kernels.TILE * kernels.lanes();
  }

  /** The dimensions of a value, where they are known. */
  Optional<long[]> dims(String value) {
    return Optional.ofNullable(source(value))
        .map(Home::dims)
        .or(() -> shapes.shape(value).flatMap(Shape::sizes));
  }

  boolean isFloat(String value) {
    return type(value) == DataType.FLOAT;
  }

  DataType type(String value) {
    return Optional.ofNullable(source(value))
        .map(Home::type)
        .or(() -> shapes.element(value))
        .orElse(null);
  }

  Optional<Tensor> constant(String value) {
    return existing(value, Home.Constant.class).map(Home.Constant::tensor);
  }

  /** The layout in which a value was made; an input of the model is brought into memory for it. */
  Home home(String value) {
    Home.Boxed input = given.get(value);
    // Texts have no place in memory.
    if (!homes.containsKey(value) && input != null && input.type() != DataType.STRING) {
      define(value, Conversion.toRows(this, input));
    }
    return source(value);
  }

  /** As {@link #home}, but an input of the model that nothing has copied yet stays where it is. */
  Home source(String value) {
    List<Home> known = homes.get(value);
    return known == null ? given.get(value) : known.getFirst();
  }

  boolean has(String value) {
    return homes.containsKey(value) || given.containsKey(value);
  }

  /** Defines an input of the model, which is read where it lies in the caller's memory. */
  Home.Boxed give(String value, DataType type, long[] dims) {
    var input = new Home.Boxed(box(), type, dims);
    given.put(value, input);
    return input;
  }

  void define(String value, Home home) {
    homes.computeIfAbsent(value, ignored -> new ArrayList<>()).add(home);
  }

  /** Memory that the steps added from now on may use. */
  Slot slot(long bytes) {
    var slot = new Slot(bytes);
    slots.add(slot);
    return slot;
  }

  /**
   * Memory of each worker's own for what a step keeps no longer than for a task, {@code bytes} for
   * each. All steps have the same: what a core writes there lies in its cache, where memory that
   * another wrote last would have to be taken from that one line by line.
   */
  List<Slot> scratch(long bytes) {
    while (scratch.size() < threads) {
      Slot slot = slot(bytes);
      slot.usedBy(-1);
      slot.usedBy(Integer.MAX_VALUE - 1);
      scratch.add(slot);
    }
    scratch.forEach(slot -> slot.grow(bytes));
    return List.copyOf(scratch);
  }

  int box() {
    return boxes++;
  }

  /** Appends a step that reads or writes these slots. */
  void add(Step step, List<Slot> uses) {
    for (Slot slot : uses) {
      slot.usedBy(firstStep + steps.size());
    }
    touched.addAll(uses);
    steps.add(step);
    micros.add(step.micros());
  }

  /** Says what the step added last was measured to take. */
  void timed(double measured) {
    micros.set(micros.size() - 1, measured);
  }

  /** What each step takes on one thread, measured or guessed; 0 where it's little. */
  double[] micros() {
    return micros.stream().mapToDouble(Double::doubleValue).toArray();
  }

  /** All slots that steps use, some more than once. */
  List<Slot> touched() {
    return touched;
  }

  void explain(Choice choice) {
    choices.add(choice);
  }

  /** Says that what is added from now on belongs to {@code layer}. */
  void begin(Layer layer) {
    this.layer = layer;
  }

  /** What the best kernel for the present layer depends on. */
  String layerKey() {
    return LayerKey.of(layer, this);
  }

  /** Says that what was added since the last call belongs to {@code layer}. */
  void end(Layer layer) {
    // Packed weights are copies; what they were packed from needn't stay in memory.
    layer.node().inputs().forEach(input -> constant(input).ifPresent(Tensor::release));
    sections.add(new Section(layer, steps.size(), choices.size()));
  }

  List<Section> sections() {
    return sections;
  }

  Home.Rows newRows(DataType type, long[] dims) {
    return new Home.Rows(slot(type.bytes(Tensor.elements(dims))), type, dims);
  }

  Home.Matrix newMatrix(long[] dims) {
    int columns = dims.length == 0 ? 1 : (int) dims[dims.length - 1];
    int rows = columns == 0 ? 0 : (int) (Tensor.elements(dims) / columns);
    long pitch = matrixPitch(columns);
    return new Home.Matrix(slot(rows * pitch), dims, rows, columns, pitch);
  }

  Home.Columns newColumns(long[] dims) {
    int columns = (int) dims[dims.length - 1];
    int rows = (int) (Tensor.elements(dims) / columns);
    long pitch = pitch(rows);
    return new Home.Columns(slot(columns * pitch), dims, rows, columns, pitch);
  }

  Home.Planes newPlanes(long[] dims) {
    int pixels = (int) Tensor.elements(Arrays.copyOfRange(dims, 2, dims.length));
    int batch = (int) dims[0];
    int channels = (int) dims[1];
    long pitch = pitch(pixels);
    return new Home.Planes(
        slot((long) batch * channels * pitch), dims, batch, channels, pixels, pitch);
  }

  long pitch(int count) {
    return Bands.pitch(count, kernels.lanes());
  }

  /** Bytes of a row of a matrix: whole tiles. */
  long matrixPitch(int columns) {
    return 4L * Math.ceilDiv(columns, tile()) * tile();
  }

  /** The value in one stretch of memory, in the layout in which it was made as far as that is. */
  Home.Placed placed(String value) {
    return switch (home(value)) {
      case Home.Placed placed -> placed;
      case Home.Shares shares -> as(Home.Placed.class, value, () -> Conversion.toOne(this, shares));
      default -> rows(value);
    };
  }

  /** All homes of a value, the one in which it was made first. */
  List<Home> homes(String value) {
    return homes.getOrDefault(value, List.of());
  }

  private <T extends Home> Optional<T> existing(String value, Class<T> layout) {
    return homes(value).stream().filter(layout::isInstance).map(layout::cast).findFirst();
  }

  /** Puts a value that lives in a tensor into memory: what every trial would have to do first. */
  void settle(String value) {
    if (homes.containsKey(value) && home(value) instanceof Home.Boxed) {
      rows(value);
      homes.get(value).removeFirst();
    }
  }

  /** The value as compact rows of any type, converted where it isn't yet. */
  Home.Rows rows(String value) {
    return as(Home.Rows.class, value, () -> Conversion.toRows(this, home(value)));
  }

  /** The value, floats of a known shape, as a matrix. */
  Home.Matrix matrix(String value) {
    return as(Home.Matrix.class, value, () -> Conversion.toMatrix(this, value));
  }

  /** The value, floats of a known shape, as a matrix on its side. */
  Home.Columns columns(String value) {
    return as(Home.Columns.class, value, () -> Conversion.toColumns(this, value));
  }

  /** The value, floats of a known shape of rank 3 and up, as planes. */
  Home.Planes planes(String value) {
    return as(Home.Planes.class, value, () -> Conversion.toPlanes(this, value));
  }

  private <T extends Home> T as(Class<T> layout, String value, Supplier<T> conversion) {
    Optional<T> known = existing(value, layout);
    if (known.isPresent()) {
      return known.get();
    }
    T converted = conversion.get();
    define(value, converted);
    return converted;
  }

  /** Memory with a constant in it from the start. */
  Home.Rows pin(Tensor tensor) {
    var rows = newRows(tensor.type(), tensor.dims());
    rows.slot().usedBy(-1);
    rows.slot().usedBy(Integer.MAX_VALUE - 1);
    pinned.put(rows.slot(), tensor);
    return rows;
  }
}
