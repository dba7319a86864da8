package org.espalier.prune.coupling;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.espalier.graph.Model;
import org.espalier.graph.pass.Canonical;
import org.espalier.graph.pass.Editable;
import org.espalier.graph.pass.Lowering;

/**
 * The channels of a model: which entries of which weights and activations go together.
 *
 * <p>Nothing of the weights' contents is read, so this is quick for models of any size.
 */
public final class Coupling {
  /** Composite operators that have rules of their own. */
  private static final Set<String> KEPT =
      Set.of(
          "Gelu",
          "Mish",
          "HardSigmoid",
          "HardSwish",
          "Swish",
          "Celu",
          "Selu",
          "Softsign",
          "Shrink",
          "ThresholdedRelu",
          "LayerNormalization",
          "RMSNormalization",
          "GroupNormalization",
          "DynamicQuantizeLinear",
          "MatMulInteger");

  private static final int[] NONE = {};

  private final Model model;
  private final Model view;
  private final List<Group> groups;
  private final List<Frozen> frozen;
  private final List<Shuffle> shuffles;
  private final List<Seam> seams;
  private final List<Balance> balances;
  private final Map<Axis, int[]> channels;
  private final Set<Axis> read;
  private final double prunableShare;

  Coupling(
      Model model,
      Model view,
      List<Group> groups,
      List<Frozen> frozen,
      List<Shuffle> shuffles,
      List<Seam> seams,
      List<Balance> balances,
      Map<Axis, int[]> channels,
      Set<Axis> read,
      double prunableShare) {
    this.model = model;
    this.view = view;
    this.groups = List.copyOf(groups);
    this.frozen = List.copyOf(frozen);
    this.shuffles = List.copyOf(shuffles);
    this.seams = List.copyOf(seams);
    this.balances = List.copyOf(balances);
    this.channels = Map.copyOf(channels);
    this.read = Set.copyOf(read);
    this.prunableShare = prunableShare;
  }

  /** The channels of a model, attention by whole heads. */
  public static Coupling of(Model model) {
    return of(model, Granularity.HEADS);
  }

  /** The channels of a model. */
  public static Coupling of(Model model, Granularity granularity) {
    Model editable = Editable.of(model);
    return new Analysis(editable, view(editable), granularity).coupling();
  }

  /** The channels of a model whose layers agree no more than {@code freedom} asks. */
  public static Coupling of(Model model, Granularity granularity, Freedom freedom) {
    Coupling tied = of(model, granularity);
    if (freedom == Freedom.TIED) {
      return tied;
    }
    Seams.Sewn sewn = Seams.of(tied, freedom);
    Model editable = sewn.model();
    return sewn.seams().isEmpty()
        ? tied
        : new Analysis(editable, view(editable), granularity, Ties::new, sewn.seams()).coupling();
  }

  /**
   * The same channels in another order.
   *
   * @param reordered the {@link #model} with its weights, and what its seams take, in that order
   * @param places the channel whose place each takes, of its group
   */
  public Coupling reordered(Model reordered, int[] places) {
    var orders = new HashMap<Axis, int[]>();
    channels.keySet().forEach(axis -> orders.put(axis, order(axis, places)));
    var along = new HashMap<Axis, int[]>();
    channels.forEach((axis, of) -> along.put(axis, permuted(of, orders.get(axis))));
    List<Group> moved =
        groups.stream()
            .map(
                group ->
                    new Group(
                        group.name(),
                        group.first(),
                        group.size(),
                        group.members().stream().map(member -> moved(member, orders)).toList()))
            .toList();
    return new Coupling(
        reordered,
        view(reordered),
        moved,
        frozen,
        shuffles,
        seams.stream().map(seam -> seam.reordered(orders)).toList(),
        balances,
        along,
        read,
        prunableShare);
  }

  /**
   * The index before at each place of an axis, where channels change places. The first of a
   * channel's indices goes to the first of the other's, the second to the second.
   *
   * @param places the channel whose place each takes, of its group
   */
  public int[] order(Axis axis, int[] places) {
    int[] of = channelsAlong(axis);
    var indices = new HashMap<Integer, List<Integer>>();
    for (int index = 0; index < of.length; index++) {
      indices.computeIfAbsent(of[index], channel -> new ArrayList<>()).add(index);
    }
    int[] order = new int[of.length];
    indices.forEach(
        (channel, from) -> {
          List<Integer> to = channel < 0 ? from : indices.get(places[channel]);
          for (int k = 0; k < from.size(); k++) {
            order[to.get(k)] = from.get(k);
          }
        });
    return order;
  }

  private static Member moved(Member member, Map<Axis, int[]> orders) {
    int[] order = orders.get(member.weight());
    return order == null
        ? member
        : new Member(member.weight(), member.role(), permuted(member.channels(), order));
  }

  private static int[] permuted(int[] channels, int[] order) {
    return Arrays.stream(order).map(index -> channels[index]).toArray();
  }

  private static Model view(Model editable) {
    return Lowering.of(Canonical.of(editable), KEPT);
  }

  /** The operators of ONNX's own set that have a rule, in their newest form. */
  public static Set<String> operators() {
    return new TieRules(Granularity.HEADS).operators();
  }

  /**
   * The model that channels are removed from: the original in its own operators, with its constants
   * as initializers, functions inlined and arithmetic on fixed sizes done. Computes the same.
   */
  public Model model() {
    return model;
  }

  /**
   * The canonical view that was analysed, composites lowered where that was needed; values that are
   * in both have the same names.
   */
  public Model view() {
    return view;
  }

  /** The prunable groups, in the order of the weights that make them. */
  public List<Group> groups() {
    return groups;
  }

  /** What must stay, and why, in graph order; the first reason for each axis. */
  public List<Frozen> frozen() {
    return frozen;
  }

  /** The reorderings of channels that are taken as one, in graph order. */
  public List<Shuffle> shuffles() {
    return shuffles;
  }

  /** The places where layers choose channels of their own, in graph order. */
  public List<Seam> seams() {
    return seams;
  }

  /** The blocks that lose as many channels each, but not the same ones. */
  public List<Balance> balances() {
    return balances;
  }

  /**
   * These channels and all that go with them: across seams, one goes that nothing reads or of which
   * nothing is made any more. Without seams, channels go with no others.
   *
   * @param kept channels that stay all the same
   */
  public BitSet implied(BitSet removed, BitSet kept) {
    return Implied.by(this, removed, kept);
  }

  /** Every axis that channels run along, of weights and of values of the {@link #view}. */
  Set<Axis> axes() {
    return channels.keySet();
  }

  /** How many channels there are in all groups. */
  public int channels() {
    return groups.isEmpty() ? 0 : groups.getLast().first() + groups.getLast().size();
  }

  /**
   * The channel of every index along an axis of an initializer or activation, of the model or the
   * view; -1 where the index must stay. Empty for an axis that no channel runs along.
   */
  public int[] channelsAlong(Axis axis) {
    return channels.getOrDefault(axis, NONE);
  }

  /**
   * Whether channels are read along this axis of a weight. Those of a tied weight, an embedding
   * that is also the last layer's, are made along the same axis: its role is that of a producer.
   */
  public boolean isRead(Axis weight) {
    return read.contains(weight);
  }

  /** The group of a channel. */
  public Group groupOf(int channel) {
    int low = 0;
    int high = groups.size() - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (groups.get(middle).first() <= channel) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return groups.get(low);
  }

  /** The share of the model's parameters that have at least one prunable axis, in [0, 1]. */
  public double prunableShare() {
    return prunableShare;
  }
}
