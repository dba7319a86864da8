package org.espalier.prune.repair;

import java.util.List;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.evidence.Calibration;

/** A way to make a pruned network answer as it did before, without training it. */
public interface Repair {
  /** Leaves the pruned model as it is. */
  Repair NONE =
      new Repair() {
        @Override
        public Model repair(Removal removal, Model pruned, Calibration calibration) {
          return pruned;
        }

        @Override
        public boolean needsData() {
          return false;
        }
      };

  /**
   * The pruned model with other values in its weights.
   *
   * @param removal what was removed, from the original
   * @param pruned the model without those channels; not changed
   * @param calibration examples of the network's inputs
   */
  Model repair(Removal removal, Model pruned, Calibration calibration);

  /** Whether this looks at the calibration data at all. */
  default boolean needsData() {
    return true;
  }

  /** These repairs, one after the other. */
  static Repair sequence(List<Repair> repairs) {
    List<Repair> fixed = List.copyOf(repairs);
    return new Repair() {
      @Override
      public Model repair(Removal removal, Model pruned, Calibration calibration) {
        Model mended = pruned;
        for (Repair repair : fixed) {
          mended = repair.repair(removal, mended, calibration);
        }
        return mended;
      }

      @Override
      public boolean needsData() {
        return fixed.stream().anyMatch(Repair::needsData);
      }
    };
  }

  /** Parses names with commas between, such as {@code least-squares,batch-norm}. */
  static Repair parse(String text) {
    return text.equals("none")
        ? NONE
        : sequence(List.of(text.split(",")).stream().map(Repair::named).toList());
  }

  private static Repair named(String name) {
    return switch (name.strip()) {
      case "least-squares" -> new LeastSquares();
      case "batch-norm" -> new BatchNormRecalibration();
      case "bias" -> new BiasAbsorption();
      default ->
          throw new InvalidInputException(
              "no repair '%s'; expected none, bias, least-squares or batch-norm".formatted(name));
    };
  }
}
