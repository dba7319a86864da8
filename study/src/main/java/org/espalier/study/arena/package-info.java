/**
 * The arena: every method shows what it's worth on one network and one set of data, under one
 * protocol. A {@link org.espalier.study.arena.Contest} says who meets whom; {@link
 * org.espalier.study.arena.Arena} runs it, and goes on where an earlier run was stopped.
 *
 * {@snippet :
 * var contest = Contest.of(List.of("wanda", "sparsegpt"), Budgets.parse("sparsity=0.5,0.7"), 3);
 * Arena arena = Arena.run(Path.of("net.onnx"), data, contest, Path.of("report.html"), progress);
 * }
 */
package org.espalier.study.arena;
