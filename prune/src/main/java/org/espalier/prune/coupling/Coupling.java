package org.espalier.prune.coupling;

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
  private final Map<Axis, int[]> channels;
  private final Set<Axis> read;
  private final double prunableShare;

  Coupling(
      Model model,
      Model view,
      List<Group> groups,
      List<Frozen> frozen,
      List<Shuffle> shuffles,
      Map<Axis, int[]> channels,
      Set<Axis> read,
      double prunableShare) {
    this.model = model;
    this.view = view;
    this.groups = List.copyOf(groups);
    this.frozen = List.copyOf(frozen);
    this.shuffles = List.copyOf(shuffles);
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
    Model view = Lowering.of(Canonical.of(editable), KEPT);
    return new Analysis(editable, view, granularity).coupling();
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
