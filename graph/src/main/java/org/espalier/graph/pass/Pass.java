package org.espalier.graph.pass;

import java.util.function.UnaryOperator;
import org.espalier.graph.Model;

/**
 * A rewriting of a model that leaves what it computes unchanged. Inputs and outputs keep their
 * names and order; nodes of unknown operators, subgraphs and functions are left as they are.
 */
@FunctionalInterface
public interface Pass extends UnaryOperator<Model> {}
