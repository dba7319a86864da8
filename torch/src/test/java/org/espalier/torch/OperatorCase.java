package org.espalier.torch;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Attribute;
import org.espalier.graph.Tensor;

/**
 * An operator, applied.
 *
 * @param inputs null for an absent one
 */
record OperatorCase(
    String op, Map<String, Attribute> attributes, List<Tensor> inputs, int outputs) {
  OperatorCase with(String key, Attribute value) {
    var changed = new LinkedHashMap<>(attributes);
    changed.put(key, value);
    return new OperatorCase(op, changed, inputs, outputs);
  }

  OperatorCase with(String key, long... values) {
    return with(key, Attribute.of(values));
  }

  OperatorCase with(String key, String value) {
    return with(key, Attribute.of(value));
  }

  OperatorCase flag(String key, long value) {
    return with(key, Attribute.of(value));
  }

  OperatorCase real(String key, double value) {
    return with(key, Attribute.of((float) value));
  }

  OperatorCase outputs(int outputs) {
    return new OperatorCase(op, attributes, inputs, outputs);
  }

  @Override
  public String toString() {
    return op + " " + attributes + " on " + inputs;
  }
}
