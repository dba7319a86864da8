/**
 * Channels taken out of a model. {@link org.espalier.prune.rewrite.Rewriting} makes the smaller
 * model of a {@link org.espalier.prune.coupling.Removal}: weights keep the entries that stay, and
 * whatever else in a node depends on sizes follows. {@link org.espalier.prune.rewrite.Costs} says
 * beforehand what it will have.
 *
 * {@snippet :
 * Model smaller = Rewriting.of(removal).model();
 * }
 */
package org.espalier.prune.rewrite;
