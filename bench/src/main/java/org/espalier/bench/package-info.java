/**
 * Benchmarks that time Espalier beside its rivals with JMH. {@link
 * org.espalier.bench.NetworkBenchmark} times whole networks; the class comment of each benchmark is
 * the command that runs it. Nothing depends on this module.
 */
package org.espalier.bench;
