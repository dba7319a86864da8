package org.espalier.graph;

import java.util.Set;

/** Operators that do the same for whoever looks at networks. */
public final class Operators {
  /** Functions of each number by itself that stand behind a layer. */
  public static final Set<String> ACTIVATIONS =
      Set.of(
          ("Celu Clip Elu Gelu HardSigmoid HardSwish LeakyRelu Mish PRelu Relu Selu Sigmoid"
                  + " Softplus Softsign Swish Tanh ThresholdedRelu")
              .split(" "));

  /** Those whose second input is a scale, and whose third is a shift where there is one. */
  public static final Set<String> NORMALIZATIONS =
      Set.of(
          ("BatchNormalization GroupNormalization InstanceNormalization LayerNormalization"
                  + " RMSNormalization SimplifiedLayerNormalization")
              .split(" "));

  private Operators() {}
}
