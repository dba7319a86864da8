package org.espalier.prune;

import java.util.List;

/** What was asked of a pruning of any kind, what came out, and what was left out. */
public interface Account {
  /** The budget as the user gave it. */
  String asked();

  /** The budget in the same unit as it came out. */
  String reached();

  /** Why asked and reached differ, empty where they don't. */
  String note();

  /** What the model had that went in. */
  Count before();

  /** What the model has that came out. */
  Count after();

  /** What had to stay, and why. */
  List<Skipped> skipped();
}
