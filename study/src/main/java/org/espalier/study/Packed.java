package org.espalier.study;

import java.nio.file.Path;
import org.espalier.graph.Malformed;
import org.espalier.graph.Model;
import org.espalier.graph.SparseTensor.Form;
import org.espalier.graph.onnx.Onnx;
import org.espalier.graph.pass.SparseStorage;
import org.espalier.graph.pass.Storage;
import org.espalier.graph.pass.UnsignedZeros;

/**
 * A file written into another that holds the same network in fewer bytes, or in plain form.
 *
 * @param weights how many initializers the new file holds in each form
 * @param negativeZeros weights that are zero with a minus sign, which only takes room
 * @param cleared whether those were made plain zeros
 */
public record Packed(
    Bytes bytes, Weights weights, long negativeZeros, boolean cleared, double seconds) {
  /** Sizes of the files, external data included. */
  public record Bytes(long before, long after) {}

  /** Initializers by form. */
  public record Weights(long dense, long sparse, long compressed) {}

  /**
   * Writes {@code in} to {@code out} in another form.
   *
   * @param unsigned whether zeros with a minus sign become plain ones
   */
  public static Packed run(Path in, Path out, Storage storage, boolean unsigned) {
    Outputs.checkModel(in, out);
    long start = System.nanoTime();
    Model model = Onnx.read(in);
    long zeros = UnsignedZeros.count(model);
    boolean cleared = unsigned && zeros > 0;
    Model given = cleared ? new UnsignedZeros().apply(model) : model;
    Model packed = Malformed.at(in, () -> new SparseStorage(storage).apply(given));
    Onnx.write(packed, out);
    return new Packed(
        new Bytes(Onnx.length(model), Onnx.length(packed)),
        new Weights(
            packed.graph().initializers().size(),
            count(packed, Form.INDEXED),
            count(packed, Form.PACKED)),
        zeros,
        cleared,
        (System.nanoTime() - start) / 1e9);
  }

  private static long count(Model model, Form form) {
    return model.graph().sparseInitializers().values().stream()
        .filter(tensor -> tensor.form() == form)
        .count();
  }
}
