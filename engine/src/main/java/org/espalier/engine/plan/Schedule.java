package org.espalier.engine.plan;

import java.util.List;
import java.util.Map;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;

/**
 * How a model is run for one set of input shapes: in one piece, a few examples at a time, or some
 * layers this way and the others that. Any number of threads may run it at the same time.
 */
public sealed interface Schedule permits Plan, Chunks, Stages {
  /** Each layer's kernel and the reason for it, in the order in which they run. */
  List<Choice> choices();

  /** Bytes that one run works in, its outputs and the weights aside. */
  long frameBytes();

  /** Whether this is for inputs like these. */
  boolean fits(Map<String, Tensor> inputs);

  /**
   * Runs the model on inputs that this fits.
   *
   * @param targets tensors to leave results in, by name; the other results are new tensors
   * @throws InvalidInputException where a target is unknown, has another type or shape, or shares
   *     memory with an input
   */
  Map<String, Tensor> run(Map<String, Tensor> inputs, Map<String, Tensor> targets, Plan.Crew crew);

  /** Runs the model once, with a look at the clock after each step. */
  Profile profile(Map<String, Tensor> inputs, Map<String, Tensor> targets, Plan.Crew crew);

  /** Frees the memory of runs, now or when those under way have ended. */
  void retire();
}
