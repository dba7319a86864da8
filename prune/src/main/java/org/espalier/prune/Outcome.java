package org.espalier.prune;

import org.espalier.graph.Model;

/** A pruned model, its masks, and the account of what was done. */
public record Outcome(Model model, Masks masks, Certificate certificate) {}
