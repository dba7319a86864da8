package org.espalier.prune;

/**
 * A published way to prune: what it is, and the one idea that it overrides. Methods are found
 * through {@link java.util.ServiceLoader}; register one in {@code
 * META-INF/services/org.espalier.prune.Method}.
 */
public interface Method {
  About about();

  /** How much each weight matters to this method. */
  Saliency saliency();

  /** How the budget is spread over the layers where the user doesn't say. */
  default Allocation allocation() {
    return Allocation.GLOBAL;
  }

  /** Whether the method prunes while the network trains; otherwise it takes a finished one. */
  default boolean trains() {
    return about().family().equals("training");
  }
}
