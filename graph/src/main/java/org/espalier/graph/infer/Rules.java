package org.espalier.graph.infer;

import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.espalier.graph.Node;

/** The rule of each operator. */
final class Rules {
  private static final Map<String, Rule> RULES = new HashMap<>();

  static {
    Elementwise.addTo(RULES);
    Arithmetic.addTo(RULES);
    Reduction.addTo(RULES);
    Convolution.addTo(RULES);
    Pooling.addTo(RULES);
    Normalization.addTo(RULES);
    Linear.addTo(RULES);
    Layout.addTo(RULES);
    Cutting.addTo(RULES);
    Making.addTo(RULES);
    Scaling.addTo(RULES);
    Gathering.addTo(RULES);
    Attending.addTo(RULES);
    Recurrent.addTo(RULES);
    Quantization.addTo(RULES);
    Control.addTo(RULES);
    Spectra.addTo(RULES);
  }

  private Rules() {}

  static Optional<Rule> of(Node node) {
    return Optional.ofNullable(RULES.get(name(node)));
  }

  /** The operator as the table has it: bare for ONNX's own, else with its domain. */
  static String name(Node node) {
    return node.isStandard() ? node.op() : node.domain() + ":" + node.op();
  }

  static SortedSet<String> names() {
    return Collections.unmodifiableSortedSet(new TreeSet<>(RULES.keySet()));
  }
}
