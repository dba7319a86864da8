package org.espalier.prune;

import java.util.List;
import java.util.stream.Stream;

/**
 * What a method is, for people: read by {@code espalier methods}, the documentation and the
 * contract test.
 *
 * @param name how the command calls it
 * @param title its name in the literature
 * @param idea one sentence: what it does and when to use it
 * @param paper authors, year apart
 * @param reference where the paper is, such as {@code arXiv:1710.01878}; empty for folklore
 * @param family where it belongs: {@code post-training} or {@code training}
 * @param patterns what it can prune
 * @param needs the evidence it asks for, such as {@code weights} or {@code training data}
 */
public record About(
    String name,
    String title,
    String idea,
    String paper,
    int year,
    String reference,
    String family,
    List<String> patterns,
    List<String> needs) {
  /** Needed by methods that observe a network on some inputs. */
  public static final String INPUTS = "inputs";

  /** Needed by methods that observe a network on some inputs whose answers are known. */
  public static final String LABELS = "labels";

  /** Needed by methods that measure how well pruned networks do. */
  public static final String EVALUATION_DATA = "evaluation data";

  /** In place of a pattern, for methods that only make a network ready. */
  public static final String PRUNES_NOTHING = "none";

  public About {
    patterns = List.copyOf(patterns);
    needs = List.copyOf(needs);
  }

  /**
   * A method that takes a finished network, unless {@link #training} says otherwise.
   *
   * @param idea one sentence: what it does and when to use it
   */
  public static About of(String name, String title, String idea) {
    return new About(name, title, idea, "", 0, "", "post-training", List.of(), List.of());
  }

  /** Where it was published; the reference is empty for folklore. */
  public About paper(String authors, int year, String reference) {
    return new About(name, title, idea, authors, year, reference, family, patterns, needs);
  }

  /** Whether a paper is named; ours all have one. */
  public boolean isPublished() {
    return year != 0;
  }

  /** It's about how a network trains, and prunes it meanwhile. */
  public About training() {
    return new About(name, title, idea, paper, year, reference, "training", patterns, needs);
  }

  /** Whether it prunes at all. */
  public boolean prunes() {
    return !patterns.contains(PRUNES_NOTHING);
  }

  /** What it can prune. */
  public About patterns(String first, String... more) {
    return new About(name, title, idea, paper, year, reference, family, all(first, more), needs);
  }

  /** The evidence it asks for. */
  public About needs(String first, String... more) {
    return new About(name, title, idea, paper, year, reference, family, patterns, all(first, more));
  }

  private static List<String> all(String first, String... more) {
    return Stream.concat(Stream.of(first), Stream.of(more)).toList();
  }
}
