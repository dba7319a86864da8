package org.espalier.prune.coupling;

/**
 * Something whose channels must stay.
 *
 * @param value whose axis it is
 * @param node that says so, by its label; empty for inputs and outputs of the graph
 * @param reason why
 */
public record Frozen(Axis value, String node, String reason) {}
