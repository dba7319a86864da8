package org.espalier.study;

import org.espalier.graph.Model;
import org.espalier.graph.inspect.Inspection;

/**
 * What a model holds and costs, as every command that writes one shows before and after.
 *
 * @param bytes the size of the file, external data included
 * @param macs multiply-accumulates of one example, zeros included
 */
public record ModelSize(long parameters, long nonzeros, long macs, long bytes) {
  public static ModelSize of(Model model) {
    Inspection inspection = Inspection.of(model);
    return new ModelSize(
        inspection.parameters(), inspection.nonzeros(), inspection.macs(), inspection.bytes());
  }
}
