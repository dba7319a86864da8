package org.espalier.graph.pass;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.SparseTensor;
import org.espalier.graph.SparseTensor.Form;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.onnx.Onnx;

/**
 * Stores the float initializers of a model's graph in a form for weights with many zeros, where
 * that is smaller; what the weights are doesn't change by a bit. Formats before IR 6 have no {@code
 * sparse_initializer}, operator sets before 11 can't unpack. Where neither can be, a weight stays
 * dense, and so do initializers that a caller may replace, those of subgraphs, and {@code Constant}
 * nodes.
 */
public final class SparseStorage implements Pass {
  private final List<Form> forms;

  public SparseStorage(Storage storage) {
    forms =
        switch (storage) {
          case DENSE -> List.of();
          case SPARSE -> List.of(Form.INDEXED);
          case COMPRESSED -> List.of(Form.PACKED, Form.INDEXED);
        };
  }

  @Override
  public Model apply(Model model) {
    Graph graph = model.graph();
    Set<String> replaceable = new HashSet<>();
    graph.inputs().stream().map(ValueInfo::name).forEach(replaceable::add);
    var dense = new LinkedHashMap<String, Tensor>();
    var sparse = new LinkedHashMap<String, SparseTensor>();
    var all = new LinkedHashMap<>(graph.initializers());
    graph.sparseInitializers().keySet().forEach(name -> all.put(name, null));
    for (Map.Entry<String, Tensor> entry : all.entrySet()) {
      String name = entry.getKey();
      Tensor tensor = Optional.ofNullable(entry.getValue()).orElseGet(() -> dense(graph, name));
      Optional<SparseTensor> smaller =
          replaceable.contains(name) ? Optional.empty() : sparse(model, name, tensor);
      smaller.ifPresentOrElse(chosen -> sparse.put(name, chosen), () -> dense.put(name, tensor));
    }
    return model.withGraph(
        new Graph(
            graph.name(),
            graph.nodes(),
            dense,
            sparse,
            graph.inputs(),
            graph.outputs(),
            graph.values(),
            graph.annotations(),
            graph.details()));
  }

  private static Tensor dense(Graph graph, String name) {
    SparseTensor sparse = graph.sparseInitializers().get(name);
    return sparse.toDense().withDetails(sparse.values().details());
  }

  /** The first form that the model's file can hold, where it is smaller than the dense. */
  private Optional<SparseTensor> sparse(Model model, String name, Tensor tensor) {
    if (!tensor.type().isFloat() || tensor.type().bits() < 8 || tensor.rank() == 0) {
      return Optional.empty();
    }
    Optional<Form> form =
        forms.stream()
            .filter(each -> Onnx.holds(model, each, tensor.type(), tensor.shape()))
            .findFirst();
    if (form.isEmpty() || !mayBeSmaller(form.get(), tensor)) {
      return Optional.empty();
    }
    return Optional.of(SparseTensor.of(tensor, form.get()))
        .filter(found -> Onnx.length(name, found) < tensor.data().byteSize());
  }

  /** A bound that spares the work: values alone, and positions of 8 bytes where there are some. */
  private static boolean mayBeSmaller(Form form, Tensor tensor) {
    long width = tensor.type().bits() / 8;
    return tensor.nonzeros() * (form == Form.INDEXED ? width + Long.BYTES : width)
        < tensor.data().byteSize();
  }
}
