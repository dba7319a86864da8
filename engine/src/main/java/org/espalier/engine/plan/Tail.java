package org.espalier.engine.plan;

import java.util.Optional;
import org.espalier.engine.kernel.Bounds;
import org.espalier.engine.kernel.Curve;

/**
 * What follows a layer and is done while its result is still in registers or cache: first a value
 * of the same shape is added, then comes a clamp or a curve.
 */
record Tail(Optional<String> residual, Bounds bounds, Optional<Curve> curve) {
  static final Tail NONE = new Tail(Optional.empty(), Bounds.NONE, Optional.empty());

  boolean hasActivation() {
    return !bounds.isNone() || curve.isPresent();
  }

  Tail with(Bounds bounds) {
    return new Tail(residual, bounds, curve);
  }

  Tail with(Curve curve) {
    return new Tail(residual, bounds, Optional.of(curve));
  }

  Tail adding(String residual) {
    return new Tail(Optional.of(residual), bounds, curve);
  }

  @Override
  public String toString() {
    var text = new StringBuilder();
    residual.ifPresent(name -> text.append(" + ").append(name));
    if (bounds.equals(Bounds.RELU)) {
      text.append(" + Relu");
    } else if (!bounds.isNone()) {
      text.append(" + Clip");
    }
    curve.ifPresent(c -> text.append(" + ").append(c));
    return text.toString();
  }
}
