package org.espalier.reference;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.espalier.graph.DataType;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.onnx.Onnx;

/**
 * A model with inputs and the outputs that they must give, in the layout of ONNX's own backend
 * tests: {@code NAME/model.onnx} beside {@code test_data_set_*} folders of {@code input_N.pb} and
 * {@code output_N.pb}, N counting the model's inputs and outputs. A model file without any is a
 * case too; its inputs are drawn and ONNX Runtime gives the outputs.
 *
 * @param dataSets empty for a lone model file
 */
public record ConformanceCase(String name, Path model, List<DataSet> dataSets) {
  public ConformanceCase {
    dataSets = List.copyOf(dataSets);
  }

  /**
   * Files with the inputs of one run, by position, and with the outputs expected of it. Without
   * files, inputs are the ramp from 0 to 1 that ONNX's {@code light} models are tested with.
   */
  public record DataSet(List<Path> inputs, List<Path> outputs) {
    public DataSet {
      inputs = List.copyOf(inputs);
      outputs = List.copyOf(outputs);
    }

    /** The inputs by the model's names. */
    public Map<String, Tensor> readInputs(Model model) {
      List<ValueInfo> required = model.graph().requiredInputs();
      // Files may also give the inputs that have an initializer to fall back on.
      List<ValueInfo> all = inputs.size() > required.size() ? model.graph().inputs() : required;
      if ((!inputs.isEmpty() && inputs.size() < required.size()) || inputs.size() > all.size()) {
        throw new InvalidInputException(
            "%d input files for a model of %d inputs".formatted(inputs.size(), required.size()));
      }
      var tensors = new LinkedHashMap<String, Tensor>();
      for (int k = 0; k < all.size(); k++) {
        tensors.put(
            all.get(k).name(),
            inputs.isEmpty() ? ramp(all.get(k)) : Onnx.readTensor(inputs.get(k)));
      }
      return tensors;
    }

    /** The expected outputs in the model's order; the last ones may have no file. */
    public List<Tensor> readOutputs() {
      var tensors = new ArrayList<Tensor>();
      for (Path output : outputs) {
        tensors.add(Onnx.readTensor(output));
      }
      return tensors;
    }

    private static Tensor ramp(ValueInfo input) {
      if (!(input.type() instanceof Type.TensorType(DataType type, var shape))
          || type != DataType.FLOAT) {
        throw new InvalidInputException("no file for input '" + input.name() + "'");
      }
      long[] dims =
          shape.orElse(Shape.SCALAR).dims().stream().mapToLong(dim -> dim.sizeOr(1)).toArray();
      Tensor ramp = Tensor.allocate(type, dims);
      long size = ramp.size();
      for (long k = 0; k < size; k++) {
        ramp.setFloat(k, (float) ((double) k / size));
      }
      return ramp;
    }
  }

  /**
   * The cases at or below a path, sorted by path within a folder, found as the stream is read: a
   * folder with a {@code model.onnx}, a model file, or any folder of these.
   */
  public static Stream<ConformanceCase> walk(Path path) {
    if (Files.isRegularFile(path)) {
      return Stream.of(file(path));
    }
    if (!Files.isDirectory(path)) {
      throw new InvalidInputException(path + ": no such file or folder");
    }
    if (Files.isRegularFile(path.resolve("model.onnx"))) {
      return Stream.of(folder(path));
    }
    return sorted(path, "*").stream()
        .filter(child -> Files.isDirectory(child) || child.toString().endsWith(".onnx"))
        .flatMap(ConformanceCase::walk);
  }

  private static ConformanceCase folder(Path folder) {
    var dataSets = new ArrayList<DataSet>();
    for (Path set : sorted(folder, "test_data_set_*")) {
      dataSets.add(new DataSet(numbered(set, "input_"), numbered(set, "output_")));
    }
    return new ConformanceCase(
        folder.toAbsolutePath().normalize().getFileName().toString(),
        folder.resolve("model.onnx"),
        dataSets);
  }

  private static ConformanceCase file(Path file) {
    String name = file.getFileName().toString().replaceFirst("\\.onnx$", "");
    List<Path> outputs = numbered(file.toAbsolutePath().getParent(), name + "_output_");
    return new ConformanceCase(
        name, file, outputs.isEmpty() ? List.of() : List.of(new DataSet(List.of(), outputs)));
  }

  private static List<Path> numbered(Path folder, String prefix) {
    var files = new ArrayList<Path>();
    for (int k = 0; Files.exists(folder.resolve(prefix + k + ".pb")); k++) {
      files.add(folder.resolve(prefix + k + ".pb"));
    }
    return files;
  }

  private static List<Path> sorted(Path folder, String glob) {
    try (var children = Files.newDirectoryStream(folder, glob)) {
      var paths = new ArrayList<Path>();
      children.forEach(paths::add);
      paths.sort(null);
      return paths;
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
