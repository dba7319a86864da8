package org.espalier.engine;

import java.util.List;
import org.espalier.engine.plan.Compiler;
import org.espalier.graph.Model;
import org.espalier.graph.pass.Canonical;
import org.espalier.graph.pass.FoldBatchNormalization;
import org.espalier.graph.pass.FoldConstants;
import org.espalier.graph.pass.LateExpand;
import org.espalier.graph.pass.Lowering;
import org.espalier.graph.pass.NeutralOperands;
import org.espalier.graph.pass.Pass;
import org.espalier.graph.pass.RemoveDeadNodes;
import org.espalier.graph.pass.RemoveIdentities;
import org.espalier.graph.pass.TransposedConvolutions;

/** What is done to a model once, whatever shapes it will be run with. */
final class Preparation {
  private static final List<Pass> PASSES =
      List.of(
          new NeutralOperands(),
          new RemoveIdentities(),
          new LateExpand(),
          new FoldConstants(),
          new FoldBatchNormalization(),
          new RemoveDeadNodes());

  private Preparation() {}

  /** The form in which every weight stands where the file has it. */
  static Model of(Model model) {
    Model ready = Lowering.of(Canonical.of(model), Compiler.operators());
    for (Pass pass : PASSES) {
      ready = pass.apply(ready);
    }
    return ready;
  }

  /** The form that is planned, of a model in that one: transposed convolutions gain zeros. */
  static Model forPlans(Model ready) {
    return new RemoveDeadNodes().apply(new TransposedConvolutions().apply(ready));
  }
}
