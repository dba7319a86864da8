package org.espalier.study.arena;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.espalier.graph.InvalidInputException;
import org.espalier.prune.Allocation;
import org.espalier.prune.Budget;
import org.espalier.prune.Method;
import org.espalier.prune.Methods;
import org.espalier.prune.Pattern;
import org.espalier.prune.WeightMethod;
import org.espalier.prune.structured.BlockMethod;
import org.espalier.prune.structured.ChannelMethod;
import org.espalier.prune.structured.StructuredMethod;

/**
 * Who meets whom, and how. A method meets those budgets that its kind can take: of zeros, of
 * channels, or both.
 *
 * @param methods the methods; the random baseline of their kind is among them
 * @param seeds how many draws of calibration data and of chance, from seed 0
 * @param pattern of methods that make zeros
 * @param allocation of methods that make zeros; null for each method's own
 * @param dense names of weights or nodes that stay as they are
 * @param samples how many examples of the training part networks are observed on
 * @param batch how many of them at a time
 * @param tested how many examples of the test part networks are judged on: evenly spaced, of a text
 *     the first; 0 for all
 */
public record Contest(
    List<Method> methods,
    List<Budget> budgets,
    int seeds,
    Pattern pattern,
    Allocation allocation,
    Set<String> dense,
    int samples,
    int batch,
    int tested) {
  /** The pattern of whole channels. */
  public static final String STRUCTURED = "structured";

  private static final String ALL = "all";

  public Contest {
    methods = List.copyOf(methods);
    budgets = List.copyOf(budgets);
    dense = Set.copyOf(dense);
    for (Method method : methods) {
      if (budgets.stream().noneMatch(budget -> takes(method, budget))) {
        throw new InvalidInputException(
            "method '%s' takes none of the budgets %s; %s"
                .formatted(
                    method.about().name(),
                    budgets,
                    switch (method) {
                      case ChannelMethod _ ->
                          "it removes channels and takes such as channels=0.5 or macs=0.6x";
                      case BlockMethod _ ->
                          "it removes blocks and takes such as blocks=3 or macs=0.6x";
                      default -> "it makes zeros and takes such as sparsity=0.9 or params=0.5x";
                    }));
      }
    }
    if (seeds < 1) {
      throw new InvalidInputException(seeds + " seeds, expected 1 or more");
    }
    if (samples < 1 || batch < 1) {
      throw new InvalidInputException(
          "%d samples in batches of %d, expected 1 or more of both".formatted(samples, batch));
    }
    if (tested < 0) {
      throw new InvalidInputException(tested + " examples to be judged on, expected 0 or more");
    }
  }

  /**
   * A contest with all else as usual: unstructured, observed on 128 examples, judged on all.
   *
   * @param names of methods, or {@code all} that can prune so
   */
  public static Contest of(List<String> names, List<Budget> budgets, int seeds) {
    return of(names, budgets, seeds, "unstructured");
  }

  /**
   * A contest in a pattern.
   *
   * @param budgets null for the usual ones of the pattern
   * @param pattern as the command takes it; {@code structured} for whole channels
   */
  public static Contest of(List<String> names, List<Budget> budgets, int seeds, String pattern) {
    boolean channels = pattern.equals(STRUCTURED);
    Pattern zeros = channels ? new Pattern.Unstructured() : Pattern.parse(pattern);
    var chosen = new LinkedHashSet<String>();
    for (String name : names) {
      if (name.equals(ALL)) {
        Methods.all().stream()
            .filter(method -> channels ? method instanceof ChannelMethod : prunes(method, zeros))
            .forEach(method -> chosen.add(method.about().name()));
      } else {
        chosen.add(Methods.named(name).about().name());
      }
    }
    var baselines = new LinkedHashSet<String>();
    for (String name : chosen) {
      baselines.add(baseline(Methods.named(name)));
    }
    baselines.addAll(chosen);
    return new Contest(
        baselines.stream().map(Methods::named).toList(),
        budgets == null ? Budgets.usual(pattern) : budgets,
        seeds,
        zeros,
        null,
        Set.of(),
        128,
        32,
        0);
  }

  private static String baseline(Method method) {
    return switch (method) {
      case ChannelMethod _ -> "random-filter";
      case BlockMethod _ -> "random-block";
      default -> "random";
    };
  }

  private static boolean takes(Method method, Budget budget) {
    if (method instanceof SmallerDense) {
      return !(budget instanceof Budget.AccuracyLoss);
    }
    return switch (budget) {
      case Budget.Parameters _, Budget.ParameterShare _ -> true;
      case Budget.Sparsity _ -> !(method instanceof StructuredMethod);
      case Budget.Channels _ -> method instanceof ChannelMethod;
      case Budget.Blocks _ -> method instanceof BlockMethod;
      case Budget.Cost _, Budget.AccuracyLoss _ -> method instanceof StructuredMethod;
    };
  }

  private static boolean prunes(Method method, Pattern pattern) {
    return method instanceof WeightMethod
        && !method.trains()
        && method.about().patterns().contains(pattern.kind());
  }

  /** With a smaller dense network, trained from nothing for so many epochs, among the methods. */
  public Contest withSmallerDense(int epochs) {
    var more = new ArrayList<Method>(methods);
    more.addFirst(new SmallerDense(epochs));
    return new Contest(more, budgets, seeds, pattern, allocation, dense, samples, batch, tested);
  }

  public Contest withAllocation(Allocation allocation) {
    return new Contest(methods, budgets, seeds, pattern, allocation, dense, samples, batch, tested);
  }

  public Contest keepDense(Set<String> dense) {
    return new Contest(methods, budgets, seeds, pattern, allocation, dense, samples, batch, tested);
  }

  /** Observed on so many examples, so many at a time. */
  public Contest observedOn(int samples, int batch) {
    return new Contest(methods, budgets, seeds, pattern, allocation, dense, samples, batch, tested);
  }

  public Contest judgedOn(int tested) {
    return new Contest(methods, budgets, seeds, pattern, allocation, dense, samples, batch, tested);
  }

  /** The entries of one seed, budget by budget. */
  List<Entry> entries(long seed) {
    var entries = new ArrayList<Entry>();
    for (Budget budget : budgets) {
      for (Method method : methods) {
        if (takes(method, budget)) {
          entries.add(new Entry(method, budget, pattern, allocationOf(method), dense, seed));
        }
      }
    }
    return entries;
  }

  private Allocation allocationOf(Method method) {
    return allocation == null ? method.allocation() : allocation;
  }
}
