package org.espalier.prune.repair;

import java.util.BitSet;
import java.util.List;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.evidence.Calibration;

/** A way to make a pruned network answer as it did before, without training it. */
public interface Repair {
  /** Leaves the pruned model as it is. */
  @SuppressWarnings("ClassInitializationDeadlock") // nothing but this interface makes the first one
  Repair NONE = new RepairSequence(List.of());

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
          "repair '%s' mends removed channels; for zeroed weights there are %s"
              .formatted(this, String.join(", ", RepairSequence.forZeros())));
    }
    return repair(new Removal(Coupling.of(original), new BitSet()), pruned, calibration);
  }

  /** What {@link #parse} knows, beside {@code none}. */
  static List<String> names() {
    return List.copyOf(RepairSequence.NAMED.keySet());
  }

  /** Parses names with commas between, such as {@code least-squares,batch-norm}. */
  static Repair parse(String text) {
    return text.equals("none") ? NONE : RepairSequence.parse(text);
  }
}
