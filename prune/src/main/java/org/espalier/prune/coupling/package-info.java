/**
 * Which channels of a network belong together. {@link org.espalier.prune.coupling.Coupling} finds
 * the groups of any graph by typed rules, one for each operator; an operator without a rule freezes
 * what it touches. A {@link org.espalier.prune.coupling.Removal} is a choice of channels to go.
 *
 * {@snippet :
 * Coupling coupling = Coupling.of(Onnx.read(file));
 * coupling.groups().forEach(System.out::println);
 * coupling.frozen().forEach(System.out::println); // what can't be pruned, and why
 * }
 *
 * <p>After DepGraph (Fang et al., 2023) and SPA (Wang et al., 2024): two entries of two tensors are
 * tied where one can't go without the other. A channel is all entries that are tied.
 */
package org.espalier.prune.coupling;
