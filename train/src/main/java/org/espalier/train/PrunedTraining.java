package org.espalier.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.prune.Layers;
import org.espalier.prune.Masks;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.rewrite.Rewriting;
import org.espalier.torch.TorchModel;

/**
 * A training that goes on with fewer channels: what the optimiser remembers, masks and the weights
 * of the best epoch lose what the network loses. The same settings then go on where it was, with
 * the smaller network in place of the one that it began with.
 */
public final class PrunedTraining {
  private final Path checkpoint;
  private final SafeTensors file;

  private PrunedTraining(Path checkpoint, SafeTensors file) {
    this.checkpoint = checkpoint;
    this.file = file;
  }

  /** Opens a checkpoint that a {@link Trainer} wrote. */
  public static PrunedTraining of(Path checkpoint) throws IOException {
    SafeTensors file = SafeTensors.read(checkpoint);
    if (!file.metadata().getOrDefault("format", "").startsWith("espalier training ")) {
      throw new InvalidInputException(checkpoint + ": no checkpoint of 'espalier train'");
    }
    return new PrunedTraining(checkpoint, file);
  }

  /**
   * The network as the training has it now.
   *
   * @param model what it began with, or any other with weights of these names and shapes
   */
  public Model network(Model model) {
    try (TorchModel net = TorchModel.of(model)) {
      new Checkpoint(file, checkpoint).restore(Checkpoint.WEIGHTS, net.weights());
      return net.model();
    }
  }

  /**
   * Writes the state without some channels.
   *
   * @param removals what went, step by step, from {@link #network}
   * @param smaller what is left of it, with its weights as the training is to go on with them
   */
  public void write(List<Removal> removals, Model smaller, Path target) throws IOException {
    List<Rewriting> rewritings = removals.stream().map(Rewriting::of).toList();
    var tensors = new LinkedHashMap<String, Tensor>();
    var metadata = new LinkedHashMap<>(file.metadata());
    try (TorchModel net = TorchModel.of(smaller)) {
      Map<String, Tensor> weights = net.weights();
      file.tensors()
          .forEach(
              (name, tensor) ->
                  followed(name, tensor, rewritings, removals, weights)
                      .ifPresent(left -> tensors.put(name, left)));
      metadata.put("start", Checkpoint.Identity.start(weights));
      metadata.put("settings", settings(smaller));
      new SafeTensors(metadata, tensors).write(target);
    }
  }

  /** Masks that a training holds fixed are named in its settings: those of the smaller network. */
  private String settings(Model smaller) {
    String masks = new FixedMasks(Masks.ofNonzeros(Layers.of(smaller).layers())).describe();
    return file.metadata().getOrDefault("settings", "").replaceAll(FixedMasks.DESCRIBED, masks);
  }

  /** What is left of a tensor of the checkpoint; empty where its weight is gone. */
  private Optional<Tensor> followed(
      String name,
      Tensor tensor,
      List<Rewriting> rewritings,
      List<Removal> removals,
      Map<String, Tensor> weights) {
    Optional<String> weight = weight(name, tensor, removals);
    if (weight.isEmpty()) {
      return Optional.of(tensor);
    }
    Tensor now = weights.get(weight.get());
    if (now == null || name.startsWith(Checkpoint.WEIGHTS)) {
      return Optional.ofNullable(now).map(Tensor::copy);
    }
    Tensor left = tensor;
    for (int step = 0; step < removals.size(); step++) {
      Tensor before =
          removals.get(step).coupling().model().graph().initializers().get(weight.get());
      if (before != null && before.size() == left.size()) {
        left = rewritings.get(step).follow(weight.get(), left.reshape(before.dims()));
      }
    }
    if (left.size() != now.size()) {
      throw new InvalidInputException(
          "%s: '%s' has %d elements left, weight '%s' has %d"
              .formatted(checkpoint, name, left.size(), weight.get(), now.size()));
    }
    return Optional.of(tensor.rank() == 1 ? left.reshape(left.size()) : left);
  }

  /** The weight that a tensor has an element for each of; empty where it's of none. */
  private Optional<String> weight(String name, Tensor tensor, List<Removal> removals) {
    for (String prefix :
        List.of(Checkpoint.WEIGHTS, Checkpoint.MASKS, Checkpoint.BEST, Checkpoint.BEST_MASKS)) {
      if (name.startsWith(prefix)) {
        return Optional.of(name.substring(prefix.length()));
      }
    }
    if (name.startsWith(Checkpoint.SLOTS)) {
      return Optional.of(name.substring(name.indexOf('/', Checkpoint.SLOTS.length()) + 1));
    }
    if (!name.startsWith(Checkpoint.RULES) || tensor.size() <= 1 || removals.isEmpty()) {
      return Optional.empty();
    }
    // A rule's own tensor has the name of its weight at the end.
    return Optional.of(
        removals.getFirst().coupling().model().graph().initializers().entrySet().stream()
            .filter(one -> name.endsWith(one.getKey()) && one.getValue().size() == tensor.size())
            .map(Map.Entry::getKey)
            .max((a, b) -> Integer.compare(a.length(), b.length()))
            .orElseThrow(
                () ->
                    new InvalidInputException(
                        "%s: it isn't known how '%s', a rule's own, follows a removal"
                            .formatted(checkpoint, name))));
  }
}
