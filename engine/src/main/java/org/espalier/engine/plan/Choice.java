package org.espalier.engine.plan;

/**
 * How one layer is run and why, as {@code inspect --plan} shows it.
 *
 * @param layer the node's name, with what was fused into it
 * @param op the operator
 * @param kernel the kernel that runs it
 * @param layout how its result lies in memory
 * @param density the share of the weights that are not zero; 1 for a layer without weights
 * @param micros expected time in microseconds on one thread, where it was measured, or else 0
 * @param reason why this kernel
 */
public record Choice(
    String layer,
    String op,
    String kernel,
    String layout,
    double density,
    double micros,
    String reason) {}
