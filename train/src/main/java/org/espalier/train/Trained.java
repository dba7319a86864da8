package org.espalier.train;

import java.util.List;
import org.espalier.graph.Model;
import org.espalier.prune.Masks;

/**
 * What a training gave.
 *
 * @param model the model with its new weights: the last ones, or the best where training could stop
 *     early
 * @param masks those in force at the end
 * @param epochs in order
 * @param best the number of the epoch whose weights these are
 * @param dataHash SHA-256 of the training data
 */
public record Trained(Model model, Masks masks, List<Epoch> epochs, int best, String dataHash) {
  public Trained {
    epochs = List.copyOf(epochs);
  }

  /** The epoch whose weights these are. */
  public Epoch bestEpoch() {
    return epochs.get(best);
  }
}
