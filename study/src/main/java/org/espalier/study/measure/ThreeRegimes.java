package org.espalier.study.measure;

import org.espalier.prune.Layer;

/**
 * On which side of the transition between good and bad pruning two networks are (Zhou et al.,
 * 2023): their load, the share of weights that is left; whether a barrier lies between them; how
 * alike their outputs are; how sharp the second one's minimum is. Meant for two networks that were
 * retrained with the same mask and other seeds. The other axis, the temperature of dense training
 * (fewer epochs, smaller batches, larger steps), can't be read off a network: what is told is which
 * way to move it.
 */
final class ThreeRegimes implements Measurement.OfTwo {
  /** Points of error that are no barrier, and a CKA that is high. */
  private static final double CONNECTED = -1;

  private static final double ALIKE = 0.9;

  @Override
  public String name() {
    return "three-regime";
  }

  @Override
  public String title() {
    return "whether dense training should have been hotter or colder for this density";
  }

  @Override
  public Findings of(Subject dense, Subject pruned) {
    dense.training().classes(name());
    double lmc = dense.findings(new Connectivity(), pruned).number("lmc");
    double cka = dense.findings(new KernelAlignment(), pruned).number("cka");
    long weights = pruned.layers().stream().mapToLong(Layer::size).sum();
    long left = pruned.layers().stream().mapToLong(layer -> layer.tensor().nonzeros()).sum();
    return Findings.NONE
        .and("load", 100.0 * left / weights)
        .and("lmc", lmc)
        .and("cka", cka)
        .and("sharpness", pruned.findings(new CurvatureSpectrum()).number("largest"))
        .noted(regime(lmc, cka));
  }

  /**
   * The regime: I where a barrier is between the two, else II-A or, where they are alike, II-B.
   *
   * @param lmc in points of error
   */
  static String name(double lmc, double cka) {
    return lmc < CONNECTED ? "I" : cka < ALIKE ? "II-A" : "II-B";
  }

  /** The regime and what follows. */
  static String regime(double lmc, double cka) {
    return switch (name(lmc, cka)) {
      case "I" ->
          "regime I, a barrier: train the dense network hotter (fewer epochs, smaller batches)";
      case "II-A" ->
          "regime II-A, connected but unlike: train the dense network colder (more epochs, larger"
              + " batches)";
      default ->
          "regime II-B, connected and alike: train the dense network colder (more epochs, larger"
              + " batches)";
    };
  }
}
