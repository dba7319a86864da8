package org.espalier.prune;

/** A node that has weights which are not pruned, and why: nothing is skipped in silence. */
public record Skipped(String node, String reason) {}
