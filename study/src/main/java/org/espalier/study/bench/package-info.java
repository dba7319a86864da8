/**
 * How fast models are: {@link org.espalier.study.bench.Benchmark} times the engine against ONNX
 * Runtime in turns, whole runs and layer by layer.
 *
 * {@snippet :
 * Benchmark speed = Benchmark.of(sparse, dense, Settings.latency(1, 3));
 * System.out.println(speed.conclusion());
 * }
 */
package org.espalier.study.bench;
