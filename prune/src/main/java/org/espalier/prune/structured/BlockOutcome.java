package org.espalier.prune.structured;

import org.espalier.graph.Model;

/** A network with fewer blocks, and the account of how it came about. */
public record BlockOutcome(Model model, BlockCertificate certificate) {}
