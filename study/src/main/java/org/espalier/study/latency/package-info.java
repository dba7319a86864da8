/**
 * How long the layers of a network take at other widths, on this machine: measured layer by layer
 * ({@link org.espalier.study.latency.LatencyTable}), kept for the next time, and added up to what a
 * removal of channels would leave.
 */
package org.espalier.study.latency;
