/**
 * The vocabulary of sparsity. A {@link org.espalier.prune.Method} says how much a weight matters,
 * from its value and from {@link org.espalier.prune.evidence.Evidence}; {@link
 * org.espalier.prune.Pattern} what goes together, {@link org.espalier.prune.Allocation} how much
 * from each layer, {@link org.espalier.prune.Budget} how much in all, {@link
 * org.espalier.prune.Schedule} when. A {@link org.espalier.prune.Recipe} puts them together.
 *
 * {@snippet :
 * Outcome out = Recipe.named("magnitude").sparsity(0.9).pattern(Pattern.parse("4x1")).apply(model);
 * Onnx.write(out.model(), Path.of("sparse.onnx"));
 * }
 *
 * <p>Methods that train live in the module {@code train}, built from the same parts.
 */
package org.espalier.prune;
