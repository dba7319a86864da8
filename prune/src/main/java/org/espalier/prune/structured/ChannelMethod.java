package org.espalier.prune.structured;

import java.util.Set;
import org.espalier.graph.Model;
import org.espalier.prune.coupling.Freedom;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.evidence.Need;
import org.espalier.prune.rewrite.Rewriting;

/**
 * A method that takes whole channels out of a network, which becomes physically smaller: how much
 * each channel matters, and where it isn't a ranking, which go together.
 */
public non-sealed interface ChannelMethod extends StructuredMethod {
  /** How much each channel matters to this method. */
  GroupSaliency saliency();

  /** What its saliency needs, unless more is overridden. */
  @Override
  default Set<Need> needs() {
    return saliency().needs();
  }

  /** Which channels compete where the user doesn't say. */
  default Scope scope() {
    return new Scope.PerGroup();
  }

  /** Which layers agree on the channels that they make or read. */
  default Freedom freedom() {
    return Freedom.TIED;
  }

  /** The share of a group's channels that may go at most; one always stays. */
  default double most() {
    return 1;
  }

  /**
   * Whether the method itself says how much of each group goes. Then a share of channels is one of
   * all channels together, and otherwise one of each group.
   */
  default boolean allocates() {
    return false;
  }

  /** The way from the dense network to the smallest: by ranking, unless overridden. */
  default Removals path(Choice choice) {
    return Removals.along(Ranking.of(choice.groups(), choice.scope(), choice.subject()));
  }

  /**
   * The network without these channels, which are just left out unless this is overridden: what its
   * costs are counted on. Other shapes may change too.
   */
  default Model cut(Removal removal, Choice choice) {
    return Rewriting.of(removal).model();
  }

  /**
   * What the method makes of the network without these channels: what {@link #cut} gives, unless
   * overridden. What is left may be changed to make up for them, never its shapes.
   */
  default Model remove(Removal removal, Choice choice) {
    return cut(removal, choice);
  }

  /** Whether {@link #cut} or {@link #remove} changes what is left. */
  default boolean repairs() {
    return false;
  }
}
