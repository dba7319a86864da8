package org.espalier.prune.proof;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.infer.Shapes;
import org.espalier.graph.pass.Lowering;
import org.espalier.prune.coupling.Axis;
import org.espalier.prune.coupling.Balance;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Member;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.coupling.Role;
import org.espalier.prune.coupling.Seam;

/**
 * The view of a model with its channels under masks. An operator that sums over channels reads them
 * through a mask, means divide by what is left, and everything else computes removed channels
 * along: nothing reads them. So the whole model gives what it gives without the channels, for any
 * activation and normalisation, and no weight or width has changed.
 */
public final class Masked {
  /** The newest operators that executors other than ours take; none of those used came later. */
  private static final long OPSET = 23;

  /**
   * A place where an operator sums over channels.
   *
   * @param channels along the axis
   * @param byWeight whether they are multiplied with a weight there
   */
  private record Reading(int[] channels, boolean byWeight) {}

  private final Coupling coupling;
  private final Shapes shapes;
  private final Set<String> fixed;
  private final Map<String, Node> producers;
  private final Map<String, Set<Integer>> consumed;
  private final Instrument instrument;
  private final MaskedNorms norms;
  private final Map<String, Seam> seams = new HashMap<>();
  private final Map<List<Object>, String> masks = new HashMap<>();
  private final Map<List<Object>, String> covered = new HashMap<>();
  private final List<Reading> readings = new ArrayList<>();
  private final Model model;

  private Masked(Coupling coupling) {
    this.coupling = coupling;
    Model view = coupling.view();
    this.shapes = Shapes.infer(view);
    this.fixed = fixed(view.graph());
    this.producers = view.graph().producers();
    this.consumed = consumed(coupling);
    this.instrument = new Instrument(view, "mask", DataType.BOOL);
    this.norms = new MaskedNorms(instrument, shapes);
    coupling.seams().forEach(seam -> seams.put(seam.output(), seam));
    view.graph().nodes().forEach(this::add);
    this.model = lowered(instrument.build());
  }

  public static Masked of(Coupling coupling) {
    return new Masked(coupling);
  }

  /** What follows from initializers alone. */
  private static Set<String> fixed(Graph graph) {
    var fixed = new HashSet<>(graph.initializers().keySet());
    for (Node node : graph.nodes()) {
      if (!node.inputs().isEmpty() && fixed.containsAll(Graph.uses(node))) {
        fixed.addAll(node.outputs());
      }
    }
    return fixed;
  }

  private static Model lowered(Model model) {
    Model primitive = Lowering.of(model, Set.of());
    var opsets = new LinkedHashMap<>(primitive.opsets());
    opsets.computeIfPresent("", (domain, version) -> Math.min(version, OPSET));
    return new Model(
        Math.min(primitive.irVersion(), 10),
        primitive.producerName(),
        primitive.producerVersion(),
        primitive.domain(),
        primitive.modelVersion(),
        opsets,
        primitive.graph(),
        primitive.functions(),
        primitive.details());
  }

  /** The view under masks; beside the original's inputs it takes {@link #inputs}. */
  public Model model() {
    return model;
  }

  /** The model's inputs, with the masks that this removal asks for. */
  public Map<String, Tensor> inputs(Map<String, Tensor> inputs, Removal removal) {
    if (removal.coupling() != coupling) {
      throw new IllegalArgumentException("a removal from another coupling");
    }
    var all = new LinkedHashMap<>(inputs);
    instrument
        .inputs()
        .forEach(
            (name, channels) -> {
              boolean[] kept = new boolean[channels.length];
              for (int k = 0; k < kept.length; k++) {
                kept[k] = channels[k] < 0 || removal.keeps(channels[k]);
              }
              all.put(name, Tensor.of(kept));
            });
    return all;
  }

  /** Whether removed channels are read by weights only: by no normalisation, no activation. */
  boolean readByWeightsAlone(Removal removal) {
    return readings.stream()
        .filter(reading -> !reading.byWeight)
        .flatMapToInt(reading -> Arrays.stream(reading.channels))
        .allMatch(channel -> channel < 0 || removal.keeps(channel));
  }

  private void add(Node node) {
    if (!norm(node)) {
      instrument.add(read(node));
    }
  }

  /** Takes a normalisation or mean that goes over channels. */
  private boolean norm(Node node) {
    if (!node.isStandard()) {
      return false;
    }
    List<Integer> axes = MaskedNorms.axes(node, shapes);
    if (axes.isEmpty()) {
      return false;
    }
    String x = node.inputs().getFirst();
    var along = new ArrayList<String>();
    for (int axis : axes) {
      int[] channels = channels(x, axis);
      if (channels.length > 0) {
        readings.add(new Reading(channels, false));
        along.add(mask(x, axis, channels));
      }
    }
    if (along.isEmpty()) {
      return false;
    }
    norms.add(node, axes, along.stream().reduce((a, b) -> instrument.add("And", a, b)).get());
    return true;
  }

  /** Whether a value follows from weights alone of which one reads these channels. */
  private boolean reads(String value, int[] channels) {
    if (!fixed.contains(value)) {
      return false;
    }
    Set<Integer> read = new HashSet<>();
    origins(value).forEach(origin -> read.addAll(consumed.getOrDefault(origin, Set.of())));
    return Arrays.stream(channels).allMatch(channel -> channel < 0 || read.contains(channel));
  }

  /** The initializers that a value follows from. */
  private Set<String> origins(String value) {
    Node producer = producers.get(value);
    if (producer == null) {
      return Set.of(value);
    }
    Set<String> origins = new HashSet<>();
    Graph.uses(producer).forEach(input -> origins.addAll(origins(input)));
    return origins;
  }

  /** The channels that each weight reads. */
  private static Map<String, Set<Integer>> consumed(Coupling coupling) {
    var consumed = new HashMap<String, Set<Integer>>();
    for (Group group : coupling.groups()) {
      for (Member member : group.members()) {
        if (member.role() == Role.CONSUMER) {
          Set<Integer> channels =
              consumed.computeIfAbsent(member.weight().value(), name -> new HashSet<>());
          for (int channel : coupling.channelsAlong(member.weight())) {
            channels.add(channel);
          }
        }
      }
    }
    for (Balance balance : coupling.balances()) {
      if (balance.role() == Role.CONSUMER) {
        Set<Integer> channels = consumed.computeIfAbsent(balance.weight(), name -> new HashSet<>());
        Arrays.stream(coupling.channelsAlong(balance.along())).forEach(channels::add);
      }
    }
    return consumed;
  }

  /** The node, reading what it sums over through masks. */
  private Node read(Node node) {
    var inputs = new ArrayList<>(node.inputs());
    if (seams.containsKey(node.outputs().getFirst())) { // what has gone before it is zero behind
      Sums whole = Sums.all(seams.get(node.outputs().getFirst()).axis());
      int[] channels = channels(inputs.getFirst(), whole.axis());
      if (channels.length > 0) {
        readings.add(new Reading(channels, false));
        inputs.set(0, covered(inputs.getFirst(), inputs.getFirst(), whole, channels, node));
      }
      return node.withInputs(inputs);
    }
    for (Sums sum : Sums.of(node, shapes)) {
      String value = node.inputs().get(sum.input());
      int[] channels = channels(value, sum.axis());
      boolean byWeight = sum.partner() >= 0 && reads(node.inputs().get(sum.partner()), channels);
      boolean constant = sum.partner() >= 0 && fixed.contains(node.inputs().get(sum.partner()));
      if (channels.length == 0) {
        continue;
      }
      if (!fixed.contains(value) || sum.partner() < 0 || constant) {
        readings.add(new Reading(channels, byWeight));
        inputs.set(sum.input(), covered(inputs.get(sum.input()), value, sum, channels, node));
      }
    }
    return node.withInputs(inputs);
  }

  private String covered(String current, String value, Sums sum, int[] channels, Node node) {
    String zero =
        node.input(Math.max(0, sum.zeroInput()))
            .filter(_ -> sum.zeroInput() >= 0)
            .orElseGet(
                () -> instrument.scalar(sum.zero(), shapes.element(value).orElse(DataType.FLOAT)));
    return covered.computeIfAbsent(
        List.of(current, sum.axis(), zero),
        key -> instrument.add("Where", mask(value, sum.axis(), channels), current, zero));
  }

  /** The channels along an axis; none where all of them must stay. */
  private int[] channels(String value, int axis) {
    int[] channels = coupling.channelsAlong(new Axis(value, axis));
    return Arrays.stream(channels).anyMatch(channel -> channel >= 0) ? channels : new int[0];
  }

  /** A mask that broadcasts along an axis of a value. */
  private String mask(String value, int axis, int[] channels) {
    String flat = instrument.along(channels);
    int behind = shapes.rank(value) - axis - 1;
    long size = shapes.shape(value).map(shape -> shape.dim(axis).sizeOr(-1)).orElse(-1L);
    String repeated = size == channels.length ? flat : tiled(flat, value, axis, channels.length);
    return masks.computeIfAbsent(
        List.of(repeated, behind),
        key -> {
          var shape = new ArrayList<>(Collections.nCopies(behind + 1, 1L));
          shape.set(0, -1L);
          long[] sizes = shape.stream().mapToLong(Long::longValue).toArray();
          return instrument.add("Reshape", repeated, instrument.ints(sizes));
        });
  }

  /** A mask for an axis whose size is known at run time: its channels repeat. */
  private String tiled(String flat, String value, int axis, int period) {
    String size = instrument.add("Gather", instrument.add("Shape", value), instrument.ints(axis));
    String times = instrument.add("Div", size, instrument.ints(period));
    return instrument.add("Tile", flat, times);
  }
}
