/**
 * How long the layers of a network take at other widths, on this machine: measured layer by layer
 * ({@link org.espalier.study.latency.LatencyTable}), kept for the next time, and added up to what a
 * removal of channels would leave.
 *
 * {@snippet :
 * LayerTimer timer = Timers.onnxRuntime(OnnxRuntime.Options.standard());
 * Path cache = LayerLatencies.usualCache();
 * LayerLatencies layers = LayerLatencies.of(model, shapes, timer, cache, Progress.NONE);
 * layers.table().layers().forEach(System.out::println);
 * }
 */
package org.espalier.study.latency;
