package org.espalier.train.data;

import java.util.Random;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;

/**
 * A dataset some of whose labels are wrong: a share of the examples, drawn by chance, each says
 * another class than its own, any with the same chance. What networks of different sizes make of it
 * tells how much they learn by heart (He et al., 2023, arXiv:2306.12190).
 */
public final class NoisyLabels extends ForwardingDataset {
  private final double share;
  private final long seed;

  /** How far each example's class is moved on, modulo the number of classes. */
  private final int[] moves;

  /**
   * A view of labelled examples.
   *
   * @param share of the examples, from 0 to 1: exactly so many are wrong
   */
  public NoisyLabels(Dataset whole, double share, long seed) {
    super(whole);
    if (!(share >= 0 && share <= 1)) {
      throw new InvalidInputException(
          "label noise of %s, expected a share from 0 to 1".formatted(share));
    }
    if (!whole.isLabelled() || whole.classes() < 2) {
      throw new InvalidInputException("label noise needs examples of two classes or more");
    }
    this.share = share;
    this.seed = seed;
    moves = new int[whole.size()];
    var random = new Random(seed);
    int wrong = Math.toIntExact(Math.round(share * moves.length));
    for (int k = 0; k < moves.length; k++) {
      if (random.nextInt(moves.length - k) < wrong) {
        moves[k] = 1 + random.nextInt(whole.classes() - 1);
        wrong--;
      }
    }
  }

  @Override
  public void fill(int[] indices, long seed, Tensor inputs, Tensor targets) {
    super.fill(indices, seed, inputs, targets);
    for (int k = 0; k < indices.length; k++) {
      long moved = (targets.integerAt(k) + moves[indices[k]]) % classes();
      targets.setReal(k, (double) moved);
    }
  }

  @Override
  public String hash() {
    return new Digest().add(super.hash()).add("noise " + share + " " + seed).hex();
  }
}
