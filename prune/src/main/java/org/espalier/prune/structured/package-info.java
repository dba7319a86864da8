/**
 * Which channels go. A {@link org.espalier.prune.structured.GroupSaliency} scores the channels of a
 * {@link org.espalier.prune.coupling.Group}, a {@link org.espalier.prune.structured.Scope} says who
 * competes with whom, and a {@link org.espalier.prune.Budget} how many go.
 *
 * {@snippet :
 * GroupSaliency l1 =
 *     new Lifted(Criterion.absolute(), Part.FILTERS, Reduction.SUM, Normalization.NONE);
 * double[] scores = l1.score(group, Subject.of(coupling, Evidence.NONE, seed));
 * }
 *
 * <p>What belongs together is found in {@link org.espalier.prune.coupling}.
 */
package org.espalier.prune.structured;
