package org.espalier.study.arena;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.espalier.study.results.Result;

/**
 * What one method did at one budget with one seed.
 *
 * @param reached the budget as it came out; null where the method failed
 * @param accuracy percent; null where the data are judged by something else
 * @param perplexity of a language model; null for others
 * @param loss cross-entropy or mean square
 * @param density the parameters that are left and not zero, as a share of those that there were
 * @param sparsity the share of each layer's weights that are zero or gone
 * @param changes which answers are others; null where the data have no classes
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
    Map<String, Double> sparsity,
    Changes changes,
    Double seconds,
    String failure,
    String identity)
    implements Result {
  static final String NOT_RUN = "not run yet";

  public Row {
    Objects.requireNonNull(failure);
    sparsity =
        sparsity == null
            ? Map.of() // as earlier versions wrote it
            : Collections.unmodifiableMap(new LinkedHashMap<>(sparsity));
  }

  /** An entry without a result. */
  static Row failed(Entry entry, String identity, String reason) {
    return new Row(
        entry.name(),
        entry.budget().toString(),
        null,
        entry.seed(),
        null,
        null,
        null,
        null,
        Map.of(),
        null,
        null,
        reason,
        identity);
  }

  /** Whether there is no result. */
  @JsonIgnore
  public boolean failed() {
    return !failure.isEmpty();
  }

  /** Whether anything was done for it. */
  boolean run() {
    return !failure.equals(NOT_RUN);
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
