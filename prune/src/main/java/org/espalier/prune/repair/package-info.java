/**
 * A pruned network mended without training. A {@link org.espalier.prune.repair.Repair} gives the
 * weights that are left other values, so that the network answers as it did before.
 *
 * {@snippet :
 * Model small = Rewriting.of(removal).model();
 * Model mended = new LeastSquares().repair(removal, small, calibration);
 * Model ready = new BatchNormRecalibration().repair(removal, mended, calibration);
 * }
 */
package org.espalier.prune.repair;
