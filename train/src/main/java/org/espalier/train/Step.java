package org.espalier.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.espalier.graph.DataType;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.prune.Layer;
import org.espalier.prune.Mask;
import org.espalier.prune.Masks;
import org.espalier.torch.TorchModel;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.Seeds;

/** A step of training as a rule sees it: where it stands, and what it may look at and change. */
public final class Step {
  private final TorchModel net;
  private final Network network;
  private final Surroundings surroundings;
  private final List<Layer> layers;
  private final HeldMasks held;
  private final Memory memory;
  private final long steps;
  private final long seed;
  private long index;

  Step(
      TorchModel net,
      Network network,
      Surroundings surroundings,
      List<Layer> layers,
      HeldMasks held,
      Memory memory,
      long steps,
      long seed) {
    this.net = net;
    this.network = network;
    this.surroundings = surroundings;
    this.layers = layers;
    this.held = held;
    this.memory = memory;
    this.steps = steps;
    this.seed = seed;
  }

  void moveTo(long index) {
    this.index = index;
  }

  /** The number of this step, from 0. */
  public long index() {
    return index;
  }

  /** How many steps the whole training has, unless it is stopped early. */
  public long steps() {
    return steps;
  }

  /** A seed of this step's own. */
  public long seed() {
    return Seeds.mix(seed, index);
  }

  /** The network in training, with its weights as they are now. */
  public Network network() {
    return network;
  }

  /** The model as it was before the first step, also where the training was resumed since. */
  public Model original() {
    return surroundings.original();
  }

  /**
   * Another network beside the one in training, such as a teacher: opened once, closed with the
   * training, with weights that stay as they are.
   */
  public Network frozen(Model model) {
    return surroundings.frozen(model);
  }

  /** The data that are learned from. */
  public Dataset data() {
    return surroundings.data();
  }

  /**
   * Goes through all examples in order, without gradients or chance but for augmentation: what the
   * network says as it is now.
   */
  public void survey(Consumer<Pass> visitor) {
    surroundings.survey(network, visitor);
  }

  /**
   * Examples of any data as the network takes them, in the scope around.
   *
   * @param seed where augmentation takes its chances from
   */
  public Sample sample(Dataset from, int[] indices, long seed) {
    return surroundings.sample(from, indices, seed);
  }

  /** The layers that can be pruned, with their weights as they are now. */
  public List<Layer> layers() {
    return layers;
  }

  /** The weights in training, as libtorch has them. */
  public Map<String, org.bytedeco.pytorch.Tensor> parameters() {
    return net.parameters();
  }

  /** The same weights and the running statistics, in the memory that libtorch computes with. */
  public Map<String, Tensor> weights() {
    return net.weights();
  }

  /** What the optimiser remembers of a weight, to be changed in place. */
  public List<Tensor> slots(String weight) {
    return memory.slots(weight);
  }

  /**
   * How far the weights would go by now if all their gradients stayed at one, step by step: the
   * learning rate, measured by the gradients that the optimiser has seen, this step's included.
   */
  public double effectiveRate() {
    long count = 0;
    var slots = new ArrayList<List<org.bytedeco.pytorch.Tensor>>();
    for (var parameter : net.parameters().entrySet()) {
      Mask mask = masks().byWeight().get(parameter.getKey());
      count += mask == null ? parameter.getValue().numel() : mask.kept();
      slots.add(memory.views(parameter.getKey()));
    }
    double rate = surroundings.rate(index);
    return surroundings.options().optimizer().effectiveRate(slots, count, rate, index);
  }

  /** The masks in force. */
  public Masks masks() {
    return held.masks();
  }

  /**
   * Puts masks in force, in place of those there were: pruned weights are exactly zero from now on,
   * and the optimiser forgets them. A weight that comes back starts at zero.
   */
  public void hold(Masks masks) {
    held.hold(masks);
  }

  /**
   * A tensor for a rule to keep, zeros at first, written to checkpoints. Names are the rule's own:
   * start them with it.
   */
  public Tensor memory(String name, DataType type, long... dims) {
    return memory.rules().computeIfAbsent(name, _ -> Tensor.allocate(type, dims));
  }
}
