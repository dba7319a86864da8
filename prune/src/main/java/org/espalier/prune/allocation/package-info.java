/**
 * Ways to spread a budget over the layers beyond those that {@link org.espalier.prune.Allocation}
 * names, one class for each. Register a new one in {@code
 * META-INF/services/org.espalier.prune.Allocation}.
 *
 * {@snippet :
 * Recipe recipe = Recipe.named("wanda").allocation(Allocation.parse("lamp")).sparsity(0.6);
 * }
 */
package org.espalier.prune.allocation;
