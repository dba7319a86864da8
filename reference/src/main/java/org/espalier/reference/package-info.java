/**
 * The second opinion: ONNX Runtime as an executor, ONNX's conformance cases, and what it means for
 * two tensors to agree. Start from {@link Check} to try an executor on files, from {@link
 * OnnxRuntime} to run one model.
 *
 * {@snippet :
 * Check.Report report = Check.with(OnnxRuntime::of).run(ConformanceCase.walk(Path.of("cases")));
 * try (var reference = OnnxRuntime.open(Path.of("resnet50.onnx"))) {
 *   Map<String, Tensor> outputs = reference.run(inputs);
 * }
 * }
 *
 * <p>Nothing here is needed to run a model in production: a deployment has {@code graph} and {@code
 * engine} alone.
 */
package org.espalier.reference;
