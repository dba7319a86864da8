package org.espalier.prune;

/**
 * A published way to prune: what it is, and the one idea that it overrides. Methods are found
 * through {@link java.util.ServiceLoader}; register one in {@code
 * META-INF/services/org.espalier.prune.Method}.
 *
 * <p>What a method overrides depends on its kind:
 *
 * <ul>
 *   <li>{@link ScoringMethod}: how much each weight matters;
 *   <li>{@link SolvingMethod}: what becomes of one layer, mask and weights together;
 *   <li>{@link WeightMethod}: what becomes of all layers, where neither of these says it;
 *   <li>{@link org.espalier.prune.structured.ChannelMethod} and {@link
 *       org.espalier.prune.structured.BlockMethod}: which channels or residual blocks go;
 *   <li>{@code TrainingMethod}, in the module {@code train}: how a training differs from plain
 *       training.
 * </ul>
 */
public interface Method {
  About about();

  /** How the budget is spread over the layers where the user doesn't say. */
  default Allocation allocation() {
    return Allocation.GLOBAL;
  }

  /** Whether the method prunes while the network trains; otherwise it takes a finished one. */
  default boolean trains() {
    return about().family().equals("training");
  }
}
