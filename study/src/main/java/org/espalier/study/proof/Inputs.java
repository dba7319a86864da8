package org.espalier.study.proof;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Executor;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.reference.ConformanceCase;
import org.espalier.reference.RandomInputs;

/** What a model is run on: random inputs, or those that came with it where it takes no others. */
public final class Inputs {
  private Inputs() {}

  /** The inputs in {@code test_data_set_*} folders beside a file. */
  public static List<Map<String, Tensor>> beside(Path file, Model model) {
    Path folder = file.toAbsolutePath().getParent();
    if (!file.endsWith("model.onnx")) {
      return List.of();
    }
    var inputs = new ArrayList<Map<String, Tensor>>();
    ConformanceCase.walk(folder)
        .limit(1)
        .flatMap(one -> one.dataSets().stream())
        .forEach(set -> inputs.add(set.readInputs(model)));
    return inputs;
  }

  static Map<String, Tensor> of(
      Executor executor, Model model, List<Map<String, Tensor>> given, long seed) {
    try {
      return RandomInputs.takenBy(executor, model, seed, 1 + Math.floorMod(seed, 2));
    } catch (InvalidInputException refused) {
      if (given.isEmpty()) {
        throw refused;
      }
      return given.get((int) Math.floorMod(seed, (long) given.size()));
    }
  }
}
