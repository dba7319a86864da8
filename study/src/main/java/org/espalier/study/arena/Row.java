package org.espalier.study.arena;

import com.fasterxml.jackson.annotation.JsonIgnore;

/**
 * What one method did at one budget with one seed.
 *
 * @param reached the budget as it came out; null where the method failed
 * @param accuracy percent; null where the data are judged by something else
 * @param perplexity of a language model; null for others
 * @param loss cross-entropy or mean square
 * @param density the parameters that are left and not zero, as a share of those that there were
 * @param seconds of the pruning, without what was observed for all methods together
 * @param failure why there is no result; empty where there is
 * @param identity SHA-256 over all that the result depends on
 */
public record Row(
    String method,
    String budget,
    String reached,
    long seed,
    Double accuracy,
    Double perplexity,
    Double loss,
    Double density,
    Double seconds,
    String failure,
    String identity) {

  /** Whether there is no result. */
  @JsonIgnore
  public boolean failed() {
    return !failure.isEmpty();
  }

  /** What the network is judged by. */
  double score(Measure measure) {
    return switch (measure) {
      case ACCURACY -> accuracy;
      case PERPLEXITY -> perplexity;
      case LOSS -> loss;
    };
  }
}
