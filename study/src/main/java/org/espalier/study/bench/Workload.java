package org.espalier.study.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Dim;
import org.espalier.graph.Executor;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.pass.Rebatch;
import org.espalier.reference.Agreement;
import org.espalier.reference.OnnxRuntime;

/** Models made ready for a measurement: with the batch and the shapes that were asked for. */
final class Workload {
  private Workload() {}

  static Model ready(Model model, Settings settings) {
    return shaped(Rebatch.of(model, settings.batch()), settings.shapes());
  }

  private static Model shaped(Model model, Map<String, Shape> shapes) {
    if (shapes.isEmpty()) {
      return model;
    }
    Graph graph = model.graph();
    List<String> names = graph.requiredInputs().stream().map(ValueInfo::name).toList();
    for (String name : shapes.keySet()) {
      if (!names.contains(name)) {
        throw new InvalidInputException("no input '%s'; the model has %s".formatted(name, names));
      }
    }
    var inputs = new ArrayList<ValueInfo>();
    for (ValueInfo input : graph.inputs()) {
      Shape shape = shapes.get(input.name());
      inputs.add(shape == null ? input : shaped(input, shape));
    }
    return model.withGraph(graph.withInputs(inputs));
  }

  private static ValueInfo shaped(ValueInfo input, Shape shape) {
    if (!(input.type() instanceof Type.TensorType(var element, var declared))) {
      throw new InvalidInputException("input '" + input.name() + "' is not a tensor");
    }
    boolean fits = declared.map(d -> fits(d, shape)).orElse(true);
    if (!fits) {
      throw new InvalidInputException(
          "input '%s' is %s in the file, asked for is %s; of a fixed shape only the batch changes"
              .formatted(input.name(), declared.get(), shape));
    }
    return new ValueInfo(input.name(), Type.tensor(element, shape), input.details());
  }

  private static boolean fits(Shape declared, Shape shape) {
    if (declared.rank() != shape.rank()) {
      return false;
    }
    for (int axis = 0; axis < shape.rank(); axis++) {
      if (declared.dim(axis) instanceof Dim.Fixed fixed && !fixed.equals(shape.dim(axis))) {
        return false;
      }
    }
    return true;
  }

  /**
   * Checks that a file rewritten for a batch gives for its first and last example what the file
   * itself gives for each alone.
   */
  static void check(Model file, Map<String, Tensor> inputs, Map<String, Tensor> outputs) {
    long batch = inputs.values().iterator().next().dim(0);
    boolean single =
        file.graph().requiredInputs().stream()
            .allMatch(
                input ->
                    input.type() instanceof Type.TensorType(_, var shape)
                        && shape.filter(s -> s.rank() > 0 && s.dim(0).sizeOr(1) == 1).isPresent());
    if (!single) {
      return;
    }
    try (Executor alone = OnnxRuntime.of(file)) {
      for (long example : new long[] {0, batch - 1}) {
        var own = new LinkedHashMap<String, Tensor>();
        inputs.forEach((name, tensor) -> own.put(name, example(tensor, batch, example)));
        alone
            .run(own)
            .forEach(
                (name, expected) -> {
                  Tensor whole = outputs.get(name);
                  if (whole.rank() == 0 || whole.size() != expected.size() * batch) {
                    return; // an output that isn't there for each example
                  }
                  Agreement agreement = Agreement.of(expected, example(whole, batch, example));
                  if (!agreement.holds()) {
                    throw new InvalidInputException(
                        "rewritten for a batch of %d, the file gives something else: output '%s' %s"
                            .formatted(batch, name, agreement.reason()));
                  }
                });
      }
    }
  }

  private static Tensor example(Tensor tensor, long batch, long index) {
    long[] dims = tensor.dims();
    dims[0] /= batch;
    long bytes = tensor.data().byteSize() / batch;
    return Tensor.of(tensor.type(), dims, tensor.data().asSlice(index * bytes, bytes)).copy();
  }
}
