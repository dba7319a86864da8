/**
 * The published methods that remove channels or blocks, one class for each: {@link
 * org.espalier.prune.structured.catalog.L1Filter} is a short one. Register a new one in {@code
 * META-INF/services/org.espalier.prune.Method}.
 *
 * {@snippet :
 * ChannelRecipe recipe = ChannelRecipe.named("l1-filter").budget(Budget.parse("macs=0.5x"));
 * ChannelOutcome out = recipe.apply(model);
 * Onnx.write(out.model(), Path.of("small.onnx"));
 * }
 */
package org.espalier.prune.structured.catalog;
