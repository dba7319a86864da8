package org.espalier.prune.proof;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.pass.Canonical;
import org.espalier.graph.pass.Lowering;

/**
 * A model that computes in float64 what the original computes in narrower floats: what two
 * equivalent models differ by is then a billion times less, and what differs is no rounding.
 */
public final class DoublePrecision {
  private DoublePrecision() {}

  /** The model in primitives of the canonical form, every float of 64 bits. */
  public static Model of(Model model) {
    Model view = Lowering.of(Canonical.of(model), Set.of());
    return view.withGraph(widened(view.graph()));
  }

  /** The tensor in float64 where it holds floats. */
  public static Tensor of(Tensor tensor) {
    if (!isNarrow(tensor.type())) {
      return tensor;
    }
    Tensor wide = Tensor.allocate(DataType.DOUBLE, tensor.dims());
    long size = tensor.size();
    for (long k = 0; k < size; k++) {
      wide.setReal(k, tensor.realAt(k));
    }
    return wide;
  }

  /** The inputs in float64 where they hold floats. */
  public static Map<String, Tensor> of(Map<String, Tensor> inputs) {
    var wide = new LinkedHashMap<>(inputs);
    wide.replaceAll((name, tensor) -> of(tensor));
    return wide;
  }

  private static boolean isNarrow(DataType type) {
    return type.isFloat() && type != DataType.DOUBLE && type.bits() >= 16;
  }

  private static Graph widened(Graph graph) {
    var initializers = new LinkedHashMap<>(graph.initializers());
    initializers.replaceAll((name, tensor) -> of(tensor));
    return new Graph(
        graph.name(),
        graph.nodes().stream().map(DoublePrecision::widened).toList(),
        initializers,
        graph.sparseInitializers(),
        graph.inputs().stream().map(DoublePrecision::widened).toList(),
        graph.outputs().stream().map(DoublePrecision::widened).toList(),
        List.of(),
        graph.annotations(),
        graph.details());
  }

  private static ValueInfo widened(ValueInfo value) {
    return value.type() instanceof Type.TensorType(DataType type, var shape) && isNarrow(type)
        ? new ValueInfo(value.name(), new Type.TensorType(DataType.DOUBLE, shape), value.details())
        : value;
  }

  private static Node widened(Node node) {
    Node inner = node.withSubgraphs(DoublePrecision::widened);
    var attributes = new LinkedHashMap<>(inner.attributes());
    attributes.replaceAll(
        (key, value) ->
            switch (value) {
              case Attribute.TensorValue(Tensor tensor) -> Attribute.of(of(tensor));
              case Attribute.IntValue(long code) when namesType(key) && isNarrow(code) ->
                  Attribute.of(DataType.DOUBLE.code());
              default -> value;
            });
    return inner.withAttributes(attributes);
  }

  private static boolean namesType(String attribute) {
    return Set.of("to", "dtype", "output_dtype", "output_datatype").contains(attribute);
  }

  private static boolean isNarrow(long code) {
    return DataType.ofCode(code).filter(DoublePrecision::isNarrow).isPresent();
  }
}
