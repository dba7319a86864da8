package org.espalier.prune.repair;

import java.util.BitSet;
import java.util.List;
import java.util.stream.Collectors;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.evidence.Calibration;

/** A way to make a pruned network answer as it did before, without training it. */
public interface Repair {
  /** What {@link #parse} knows, beside {@code none}. */
  List<String> NAMES =
      List.of(
          "renormalise",
          "rescale",
          "batch-norm",
          "bias",
          "mean",
          "signed-mean",
          "least-squares",
          "reconstruction",
          "intra-fusion");

  /** Leaves the pruned model as it is. */
  Repair NONE =
      new Repair() {
        @Override
        public Model repair(Removal removal, Model pruned, Calibration calibration) {
          return pruned;
        }

        @Override
        public Model mend(Model original, Model pruned, Calibration calibration) {
          return pruned;
        }

        @Override
        public boolean needsData() {
          return false;
        }

        @Override
        public boolean mendsZeros() {
          return true;
        }

        @Override
        public String toString() {
          return "none";
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

  /** Whether it mends what removed channels leave behind. */
  default boolean mendsChannels() {
    return true;
  }

  /** Whether it also mends what weights set to zero leave behind; else removed channels alone. */
  default boolean mendsZeros() {
    return false;
  }

  /** Whether zeroed weights get values again, so that the network isn't sparse any more. */
  default boolean fillsZeros() {
    return false;
  }

  /**
   * The model with other values in its weights, where some were set to zero and all shapes are as
   * they were. What is zero stays so, unless this {@linkplain #fillsZeros fills} it.
   *
   * @param original the model before
   */
  default Model mend(Model original, Model pruned, Calibration calibration) {
    if (!mendsZeros()) {
      throw new InvalidInputException(
          "repair '%s' mends removed channels; for zeroed weights there are renormalise, rescale,"
                  .formatted(this)
              + " batch-norm, bias, mean and signed-mean");
    }
    return repair(new Removal(Coupling.of(original), new BitSet()), pruned, calibration);
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
      public Model mend(Model original, Model pruned, Calibration calibration) {
        Model mended = pruned;
        for (Repair repair : fixed) {
          mended = repair.mend(original, mended, calibration);
        }
        return mended;
      }

      @Override
      public boolean needsData() {
        return fixed.stream().anyMatch(Repair::needsData);
      }

      @Override
      public boolean mendsChannels() {
        return fixed.stream().allMatch(Repair::mendsChannels);
      }

      @Override
      public boolean mendsZeros() {
        return fixed.stream().allMatch(Repair::mendsZeros);
      }

      @Override
      public boolean fillsZeros() {
        return fixed.stream().anyMatch(Repair::fillsZeros);
      }

      @Override
      public String toString() {
        return fixed.stream().map(Repair::toString).collect(Collectors.joining(","));
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
      case "renormalise" -> new Renormalization(true);
      case "rescale" -> new Renormalization(false);
      case "mean" -> new MeanReplacement(false);
      case "signed-mean" -> new MeanReplacement(true);
      case "intra-fusion" -> new IntraFusion();
      case "reconstruction" -> new Reconstruction();
      default ->
          throw new InvalidInputException(
              "no repair '%s'; expected none, %s".formatted(name, String.join(", ", NAMES)));
    };
  }
}
