package org.espalier.graph.infer;

/**
 * What one operator's outputs are, told from its inputs and attributes. A rule sets what it can, in
 * order: element types, then shapes, then contents. Where {@link Call} has to give up (a rank or a
 * constant isn't known), what was set until then stands.
 */
@FunctionalInterface
interface Rule {
  void infer(Call call);
}
