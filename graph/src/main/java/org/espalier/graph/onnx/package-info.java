/**
 * Reading and writing ONNX files. {@link org.espalier.graph.onnx.Onnx} is the place to start; the
 * weights of a model that was read stay in its files, mapped into memory.
 *
 * {@snippet :
 * Model model = Onnx.read(Path.of("resnet50.onnx"));
 * Onnx.write(model, Path.of("copy.onnx"));
 * Onnx.write(model, Path.of("large.onnx"), ExternalData.in("large.weights"));
 * }
 *
 * <p>The format is Protocol Buffers' wire format, read and written here without a library, so that
 * weights are never copied and never limited to 2 GB of Java array. Field numbers are those of
 * {@code onnx.proto3} of ONNX 1.23; what that file doesn't know is kept as it came.
 */
package org.espalier.graph.onnx;
