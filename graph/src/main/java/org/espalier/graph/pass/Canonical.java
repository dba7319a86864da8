package org.espalier.graph.pass;

import java.util.Set;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;

/**
 * The canonical form of a model: a view for executing and analysing, in which no trace is left of
 * the opset that the file was written in.
 *
 * <p>Every operator of ONNX is in its newest form, functions are inlined, constants are
 * initializers, sparse ones written out, and Identity and inference Dropout are gone but where they
 * give a graph output its name. An If that shapes decide is replaced by its branch. ONNX Runtime's
 * fused operators are split into ONNX's own. Other values keep their names. The pass is idempotent.
 */
public final class Canonical {
  /** The version of ONNX's operators that canonical models are in. */
  public static final long OPSET = 28;

  /** From here on, an initializer need not be an input. */
  private static final long FREE_INITIALIZERS = 4;

  private Canonical() {}

  /**
   * The model in canonical form.
   *
   * @throws InvalidInputException where a node lacks what its operator needs to be rewritten
   */
  public static Model of(Model model) {
    return of(model, Set.of());
  }

  /** The model in canonical form, with Dropout left in place where {@code keep} names it. */
  public static Model of(Model model, Set<String> keep) {
    Model decided = KnownBranches.taken(Gradients.spelledOut(model));
    Model upgraded = Sequences.resolved(InlineFunctions.expanded(decided, true, keep));
    Graph tidied = Tidying.of(upgraded.graph(), model.irVersion() < FREE_INITIALIZERS);
    return new Model(
        Math.max(model.irVersion(), 10),
        upgraded.producerName(),
        upgraded.producerVersion(),
        upgraded.domain(),
        upgraded.modelVersion(),
        upgraded.opsets(),
        tidied,
        upgraded.functions(),
        upgraded.details());
  }
}
