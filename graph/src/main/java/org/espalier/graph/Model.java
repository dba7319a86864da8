package org.espalier.graph;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An ONNX model: a graph, the operator sets it is written in, and who wrote it.
 *
 * @param irVersion the version of the file format, 3 and up
 * @param opsets the operator sets in use, version by domain; ONNX's own has the empty domain
 * @param functions operators that the model defines itself
 */
public record Model(
    long irVersion,
    String producerName,
    String producerVersion,
    String domain,
    long modelVersion,
    Map<String, Long> opsets,
    Graph graph,
    List<Function> functions,
    Details details) {

  public Model {
    opsets = Collections.unmodifiableMap(new LinkedHashMap<>(opsets));
    functions = List.copyOf(functions);
  }

  /** A model of ours: {@code graph} in ONNX's own operators of version {@code opset}. */
  public static Model of(Graph graph, long irVersion, long opset) {
    return new Model(
        irVersion, "espalier", "", "", 0, Map.of("", opset), graph, List.of(), Details.NONE);
  }

  /** The version of ONNX's own operator set, or 0 where the model doesn't use it. */
  public long opset() {
    return opsets.getOrDefault("", opsets.getOrDefault("ai.onnx", 0L));
  }

  public Model withGraph(Graph graph) {
    return new Model(
        irVersion,
        producerName,
        producerVersion,
        domain,
        modelVersion,
        opsets,
        graph,
        functions,
        details);
  }
}
