package org.espalier.torch;

import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;

/** Which operator has which rule. */
final class Rules {
  private static final Map<String, Rule> RULES = new Table().filled();

  private Rules() {}

  /** The rule of an operator of ONNX's own set, or null where it has none. */
  static Rule of(String op) {
    return RULES.get(op);
  }

  /** The operators that libtorch does, in alphabetical order. */
  static Set<String> operators() {
    return RULES.keySet();
  }

  /** The table while the families fill it. */
  static final class Table {
    private final Map<String, Rule> rules = new TreeMap<>();

    private Map<String, Rule> filled() {
      Elementwise.register(this);
      Activations.register(this);
      Comparison.register(this);
      Reductions.register(this);
      Products.register(this);
      Convolutions.register(this);
      Pooling.register(this);
      Normalization.register(this);
      Movement.register(this);
      Gathering.register(this);
      Selection.register(this);
      Resizing.register(this);
      Recurrent.register(this);
      Quantization.register(this);
      Sampling.register(this);
      Losses.register(this);
      return Collections.unmodifiableMap(rules);
    }

    void single(String op, Rule.Single rule) {
      several(op, call -> new Tensor[] {rule.apply(call)});
    }

    void several(String op, Rule rule) {
      Rule before = rules.put(op, rule);
      assert before == null : op + " has two rules";
    }
  }
}
