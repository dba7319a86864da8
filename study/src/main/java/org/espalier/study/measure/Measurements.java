package org.espalier.study.measure;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.train.data.Splits;

/**
 * What was measured of a network, and of another one beside it.
 *
 * @param findings in the order of {@link #ALL}
 * @param skipped what can't be measured here, where all was asked for
 */
public record Measurements(List<Found> findings, List<Skipped> skipped) {
  /** All there are. */
  public static final List<Measurement> ALL =
      List.of(
          new EssentialSparsity(),
          new PqIndices(),
          new Additivity(),
          new Conditioning(),
          new LayerScores(),
          new CurvatureTrace(),
          new CurvatureSpectrum(),
          new UnitEntropy(),
          new DeadUnits(),
          new FeatureGeometry(),
          new CalibrationError(),
          new ClassAccuracy(),
          new CorruptionRobustness(),
          new AdversarialRobustness(),
          new Membership(),
          new LearnedMembership(),
          new AnswerAgreement(),
          new DisparateImpact(),
          new MaskOverlap(),
          new ActivationVariance(),
          new ActivationCodes(),
          new FeatureChange(),
          new Connectivity(),
          new KernelAlignment(),
          new ThreeRegimes());

  /** Whom a finding is about. */
  public enum Of {
    DENSE,
    PRUNED,
    BOTH
  }

  /** What a measurement found. */
  public record Found(String name, Of of, Findings findings) {}

  /** What was not measured, and why. */
  public record Skipped(String name, String reason) {}

  public Measurements {
    findings = List.copyOf(findings);
    skipped = List.copyOf(skipped);
  }

  /** The measurements of these names; {@code all} for those that the networks and data allow. */
  public static List<Measurement> named(List<String> names) {
    if (names.equals(List.of("all"))) {
      return ALL;
    }
    return names.stream().map(Measurements::named).toList();
  }

  private static Measurement named(String name) {
    return ALL.stream()
        .filter(measurement -> measurement.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidInputException(
                    "no measurement '%s'; there are all, %s"
                        .formatted(
                            name,
                            String.join(", ", ALL.stream().map(Measurement::name).toList()))));
  }

  /**
   * Measures.
   *
   * @param names of measurements, or {@code all}: then those that can't be done are skipped
   * @param pruned the network after; empty for measurements of one network alone
   * @throws InvalidInputException where something that was asked for by name can't be measured
   */
  public static Measurements of(
      List<String> names, Model dense, Optional<Model> pruned, Splits data, Settings settings) {
    boolean all = names.equals(List.of("all"));
    var run = new Run(all);
    List<Measurement> measurements = named(names);
    try (var before = new Subject("dense", dense, data, settings);
        var after = new Subject("pruned", pruned.orElse(dense), data, settings)) {
      for (int k = 0; k < measurements.size(); k++) {
        Measurement measurement = measurements.get(k);
        settings.progress().at("measure", k, measurements.size(), measurement.name());
        switch (measurement) {
          case Measurement.OfOne one -> {
            run.add(one, Of.DENSE, () -> before.findings(one));
            if (pruned.isPresent()) {
              run.add(one, Of.PRUNED, () -> after.findings(one));
            }
          }
          case Measurement.OfTwo two ->
              run.add(two, Of.BOTH, () -> before.findings(two, second(two, pruned, after)));
        }
      }
      settings.progress().at("measure", measurements.size(), measurements.size(), "");
    }
    return new Measurements(run.found, run.skipped);
  }

  private static Subject second(Measurement two, Optional<Model> pruned, Subject after) {
    if (pruned.isEmpty()) {
      throw new InvalidInputException(two.name() + " compares two networks, and one was given");
    }
    return after;
  }

  private static final class Run {
    private final boolean skips;
    private final List<Found> found = new ArrayList<>();
    private final List<Skipped> skipped = new ArrayList<>();

    Run(boolean skips) {
      this.skips = skips;
    }

    void add(Measurement measurement, Of of, Supplier<Findings> work) {
      try {
        found.add(new Found(measurement.name(), of, work.get()));
      } catch (InvalidInputException unfit) {
        if (!skips) {
          throw unfit;
        }
        var reason = new Skipped(measurement.name(), unfit.getMessage());
        if (!skipped.contains(reason)) {
          skipped.add(reason);
        }
      }
    }
  }
}
