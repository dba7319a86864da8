/**
 * Benchmarks that time Espalier beside its rivals with JMH: {@link
 * org.espalier.bench.NetworkBenchmark} whole networks, {@link org.espalier.bench.ProductBenchmark}
 * convolutions and matrix products at several sparsities, {@link
 * org.espalier.bench.OperatorBenchmark} what stands around them. The class comment of each is the
 * command that runs it. Nothing depends on this module.
 */
package org.espalier.bench;
