/**
 * From a model to a list of steps. {@link org.espalier.engine.plan.Fusion} joins each heavy node
 * with what follows it, {@link org.espalier.engine.plan.Planner} gives every value a place in
 * memory and every layer its kernel, and {@link org.espalier.engine.plan.Plan} is the result for
 * one set of input shapes.
 *
 * {@snippet :
 * var compiler = new Compiler(model, kernels, 1, PlanCache.none(), Compiler.CHUNK_BYTES);
 * Schedule plan = compiler.plan(Map.of("x", new long[] {1, 784}));
 * }
 *
 * <p>The loops themselves live in {@code kernel}. None of this is meant to be used directly: {@link
 * org.espalier.engine.Engine} is the way in.
 */
package org.espalier.engine.plan;
