/**
 * The arena: every method shows what it's worth on one network and one set of data, under one
 * protocol. A {@link org.espalier.study.arena.Contest} says who meets whom; {@link
 * org.espalier.study.arena.Arena} runs it, and goes on where an earlier run was stopped.
 *
 * {@snippet :
 * var contest = Contest.of(List.of("wanda", "sparsegpt"), Budgets.parse("sparsity=0.5,0.7"), 3);
 * var options = Arena.Options.usual("1.0", Progress.NONE);
 * Arena arena = Arena.run(Path.of("net.onnx"), data, contest, Path.of("report.html"), options);
 * }
 */
package org.espalier.study.arena;
