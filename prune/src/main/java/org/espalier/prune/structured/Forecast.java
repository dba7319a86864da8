package org.espalier.prune.structured;

import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.rewrite.Costs;

/** How long a network will take, foreseen from its widths alone. */
@FunctionalInterface
public interface Forecast {
  /**
   * Milliseconds of one example.
   *
   * @param kept how many channels of each group stay, by the group's place in the coupling
   */
  double ms(int... kept);

  /** Makes forecasts for a network and for what steps leave of it. */
  @FunctionalInterface
  interface Source {
    Forecast of(Coupling coupling, Costs costs);
  }
}
