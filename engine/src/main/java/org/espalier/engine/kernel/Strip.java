package org.espalier.engine.kernel;

/**
 * How some rows of a channel lie in scratch memory once they are padded: each row in as many phases
 * as the stride, so that the columns which one tap reads for neighbouring outputs are neighbours.
 * Column q of a padded row is number {@code q / phases} of phase {@code q % phases}.
 *
 * @param phases 1 or 2
 * @param phase bytes from phase to phase
 * @param row bytes from row to row
 * @param left padding before a row's first column
 * @param columns of a padded row that some tap reads
 */
public record Strip(int phases, long phase, long row, int left, int columns) {
  /** A strip whose rows have room for what vectors of {@code lanes} floats write too far. */
  public static Strip of(int phases, int left, int columns, int lanes) {
    // A whole vector from the last column on, and one more as reads reach a vector too far.
    long phase = 4L * (Math.ceilDiv(Math.ceilDiv(columns, phases), lanes) + 2) * lanes;
    return new Strip(phases, phase, phases * phase, left, columns);
  }

  /** Bytes from a row's start to padded column {@code q}. */
  public long column(int q) {
    return q % phases * phase + 4L * (q / phases);
  }
}
