package org.espalier.study;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.espalier.engine.Engine;
import org.espalier.engine.Session;
import org.espalier.graph.DataType;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.zoo.Zoo;
import org.espalier.reference.OnnxRuntime;
import org.espalier.torch.TorchModel;

/** Whether everything that Espalier needs works on this machine, tried and not just looked up. */
public record Health(List<Item> items) {
  /** One thing that was tried. */
  public record Item(String what, boolean works, String detail) {}

  public Health {
    items = List.copyOf(items);
  }

  public boolean isWell() {
    return items.stream().allMatch(Item::works);
  }

  /** Tries everything; takes a few seconds. */
  public static Health check() {
    var items = new ArrayList<Item>();
    items.add(new Item("java", Runtime.version().feature() >= 25, Runtime.version().toString()));
    items.add(
        new Item(
            "machine",
            true,
            "%s %s, %d processors, heap up to %d MB"
                .formatted(
                    System.getProperty("os.name"),
                    System.getProperty("os.arch"),
                    Runtime.getRuntime().availableProcessors(),
                    Runtime.getRuntime().maxMemory() >> 20)));
    Model model = Zoo.build("mlpnet", 1);
    Tensor input = Tensor.allocate(DataType.FLOAT, 1, 1, 28, 28);
    var inputs = Map.of("input", input);
    items.add(
        tried(
            "engine",
            () -> {
              try (Session session = Engine.compile(model)) {
                session.run(inputs);
                return kernels(session);
              }
            }));
    items.add(
        tried(
            "libtorch",
            () -> {
              try (var torch = TorchModel.of(model)) {
                torch.run(inputs);
                return "runs a model";
              }
            }));
    items.add(
        tried(
            "ONNX Runtime",
            () -> {
              try (var runtime = OnnxRuntime.of(model)) {
                runtime.run(inputs);
                return OnnxRuntime.version();
              }
            }));
    items.add(tried("temporary files", Health::temporaryFile));
    return new Health(items);
  }

  private static String kernels(Session session) {
    return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()
        ? session.kernels()
        : session.kernels() + ": run java with --add-modules jdk.incubator.vector";
  }

  private static String temporaryFile() {
    try {
      Path file = Files.createTempFile("espalier", ".tmp");
      Files.delete(file);
      return file.getParent().toString();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** Natives that don't load fail with errors, not exceptions. */
  private static Item tried(String what, Supplier<String> attempt) {
    try {
      return new Item(what, true, attempt.get());
    } catch (RuntimeException | LinkageError failure) {
      return new Item(what, false, failure.toString());
    }
  }
}
