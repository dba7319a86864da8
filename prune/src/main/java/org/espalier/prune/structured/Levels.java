package org.espalier.prune.structured;

import java.util.BitSet;

/** A path in equal parts: removals from none to all that may go, widths rounded. */
record Levels(Removals path, Choice choice, int count) {
  static Levels of(Removals path, Choice choice, int most) {
    return new Levels(path, choice, Math.min(most, path.length()));
  }

  /** What is gone at a level, from 0 to {@link #count}. */
  BitSet at(int level) {
    long steps = count == 0 ? 0 : (long) path.length() * level / count;
    return choice.rounded(path.after((int) steps));
  }
}
