package org.espalier.engine;

import org.espalier.engine.kernel.Kernels;
import org.espalier.engine.plan.Compiler;
import org.espalier.graph.Model;

/** Compiles models to sessions. */
public final class Engine {
  private Engine() {}

  /**
   * Compiles {@code model} for all cores.
   *
   * @throws org.espalier.graph.UnsupportedModelException listing every node that can't be run
   */
  public static Session compile(Model model) {
    return compile(model, Options.standard());
  }

  /**
   * Compiles {@code model}. Where its input shapes are fixed, or only the batch is open, the first
   * plan is made here, for a batch of one; further ones when an input of another shape comes.
   *
   * @throws org.espalier.graph.UnsupportedModelException listing every node that can't be run
   */
  public static Session compile(Model model, Options options) {
    return compile(model, options, Kernels.best());
  }

  static Session compile(Model model, Options options, Kernels kernels) {
    return compile(model, options, kernels, Compiler.CHUNK_BYTES);
  }

  static Session compile(Model model, Options options, Kernels kernels, long chunkBytes) {
    Model ready = Preparation.of(model);
    Model planned = Preparation.forPlans(ready);
    var compiler =
        new Compiler(planned, kernels, options.threads(), options.openPlanCache(), chunkBytes);
    return new Session(ready, compiler, options);
  }
}
