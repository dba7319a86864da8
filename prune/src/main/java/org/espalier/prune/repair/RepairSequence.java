package org.espalier.prune.repair;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.evidence.Calibration;

/** Repairs, one after the other; none of them leaves a pruned model as it is. */
record RepairSequence(List<Repair> repairs) implements Repair {
  /** All there are, by the names that users give. */
  static final Map<String, Supplier<Repair>> NAMED = new LinkedHashMap<>();

  static {
    NAMED.put("renormalise", () -> new Renormalization(true));
    NAMED.put("rescale", () -> new Renormalization(false));
    NAMED.put("batch-norm", BatchNormRecalibration::new);
    NAMED.put("bias", BiasAbsorption::new);
    NAMED.put("mean", () -> new MeanReplacement(false));
    NAMED.put("signed-mean", () -> new MeanReplacement(true));
    NAMED.put("least-squares", LeastSquares::new);
    NAMED.put("reconstruction", Reconstruction::new);
    NAMED.put("intra-fusion", IntraFusion::new);
  }

  RepairSequence {
    repairs = List.copyOf(repairs);
  }

  static Repair parse(String text) {
    return new RepairSequence(Arrays.stream(text.split(",")).map(RepairSequence::named).toList());
  }

  private static Repair named(String name) {
    Supplier<Repair> known = NAMED.get(name.strip());
    if (known == null) {
      throw new InvalidInputException(
          "no repair '%s'; expected none, %s".formatted(name, String.join(", ", NAMED.keySet())));
    }
    return known.get();
  }

  /** The names of those that mend zeroed weights. */
  static List<String> forZeros() {
    return NAMED.entrySet().stream()
        .filter(repair -> repair.getValue().get().mendsZeros())
        .map(Map.Entry::getKey)
        .toList();
  }

  @Override
  public Model repair(Removal removal, Model pruned, Calibration calibration) {
    Model mended = pruned;
    for (Repair repair : repairs) {
      mended = repair.repair(removal, mended, calibration);
    }
    return mended;
  }

  @Override
  public Model mend(Model original, Model pruned, Calibration calibration) {
    Model mended = pruned;
    for (Repair repair : repairs) {
      mended = repair.mend(original, mended, calibration);
    }
    return mended;
  }

  @Override
  public boolean needsData() {
    return repairs.stream().anyMatch(Repair::needsData);
  }

  @Override
  public boolean mendsChannels() {
    return repairs.stream().allMatch(Repair::mendsChannels);
  }

  @Override
  public boolean mendsZeros() {
    return repairs.stream().allMatch(Repair::mendsZeros);
  }

  @Override
  public boolean fillsZeros() {
    return repairs.stream().anyMatch(Repair::fillsZeros);
  }

  @Override
  public String toString() {
    return repairs.isEmpty()
        ? "none"
        : repairs.stream().map(Repair::toString).collect(Collectors.joining(","));
  }
}
