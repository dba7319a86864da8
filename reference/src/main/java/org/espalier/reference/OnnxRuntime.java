package org.espalier.reference;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.TensorInfo;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.espalier.graph.Executor;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.TemporaryFolder;
import org.espalier.graph.Tensor;
import org.espalier.graph.UnsupportedModelException;
import org.espalier.graph.UnsupportedModelException.Unsupported;
import org.espalier.graph.onnx.Onnx;

/**
 * Microsoft's ONNX Runtime on the CPU: the reference for results and for speed.
 *
 * <p>Inputs are read where they lie, and outputs whose declared shape is fixed are written straight
 * into the tensors that {@link #run} returns; others are copied once. Several threads may run one
 * instance at a time; none may while it is closed.
 */
public final class OnnxRuntime implements Executor {
  /** Models with more weights than this go through a file: protobuf ends at 2 GB. */
  private static final long LARGEST_IN_MEMORY = 1L << 30;

  /** How much ONNX Runtime rewrites the graph before it runs it. */
  public enum Optimization {
    NONE(SessionOptions.OptLevel.NO_OPT),
    BASIC(SessionOptions.OptLevel.BASIC_OPT),
    EXTENDED(SessionOptions.OptLevel.EXTENDED_OPT),
    ALL(SessionOptions.OptLevel.ALL_OPT);

    private final SessionOptions.OptLevel level;

    Optimization(SessionOptions.OptLevel level) {
      this.level = level;
    }
  }

  /**
   * How a model is run.
   *
   * @param threads threads that share the work of one operator, the caller's included
   * @param spinning whether idle threads burn their cores for a while, ONNX Runtime's own default:
   *     fastest where nothing else runs
   * @param profile where the times of all nodes go, where they are wanted: the start of a file name
   */
  public record Options(
      int threads, Optimization optimization, boolean spinning, Optional<Path> profile) {
    public Options {
      if (threads < 1) {
        throw new InvalidInputException(threads + " threads for ONNX Runtime, expected 1 or more");
      }
    }

    /** All processors, all optimisations. */
    public static Options standard() {
      return new Options(
          Runtime.getRuntime().availableProcessors(), Optimization.ALL, false, Optional.empty());
    }

    public Options withThreads(int threads) {
      return new Options(threads, optimization, spinning, profile);
    }

    public Options withOptimization(Optimization optimization) {
      return new Options(threads, optimization, spinning, profile);
    }

    public Options withSpinning() {
      return new Options(threads, optimization, true, profile);
    }

    Options withProfile(Path prefix) {
      return new Options(threads, optimization, spinning, Optional.of(prefix));
    }

    private SessionOptions toSession() throws OrtException {
      var session = new SessionOptions();
      session.setIntraOpNumThreads(threads);
      session.setInterOpNumThreads(1);
      session.setOptimizationLevel(optimization.level);
      session.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
      // Waiting threads would otherwise burn the cores that the rest of the process works on.
      session.addConfigEntry("session.intra_op.allow_spinning", spinning ? "1" : "0");
      if (optimization != Optimization.ALL) {
        session.addConfigEntry("session.x64quantprecision", "1");
      }
      if (profile.isPresent()) {
        session.enableProfiling(profile.get().toString());
      }
      return session;
    }
  }

  private interface Opening {
    OrtSession open(SessionOptions options) throws OrtException;
  }

  private final AtomicBoolean closed = new AtomicBoolean();
  private final OrtSession session;
  private final Map<String, NodeInfo> inputs;
  private final Map<String, NodeInfo> outputs;
  private final Optional<TemporaryFolder> scratch;
  private volatile boolean pinning = true;

  private OnnxRuntime(OrtSession session, Optional<TemporaryFolder> scratch) throws OrtException {
    this.session = session;
    this.inputs = session.getInputInfo();
    this.outputs = session.getOutputInfo();
    this.scratch = scratch;
  }

  /**
   * Loads a model.
   *
   * @throws UnsupportedModelException where ONNX Runtime lacks an operator or a type of the model
   * @throws InvalidInputException where ONNX Runtime finds the model wrong
   */
  public static OnnxRuntime of(Model model) {
    return of(model, Options.standard());
  }

  public static OnnxRuntime of(Model model, Options options) {
    long weights =
        model.graph().initializers().values().stream().mapToLong(t -> t.data().byteSize()).sum();
    Model callable = UnsignedInputs.asSigned(model);
    if (weights <= LARGEST_IN_MEMORY) {
      byte[] bytes = Onnx.toBytes(callable);
      return open(s -> Natives.environment().createSession(bytes, s), options, Optional.empty());
    }
    var folder = TemporaryFolder.create("onnxruntime");
    Path file = folder.resolve("model.onnx");
    try {
      Onnx.write(callable, file);
    } catch (RuntimeException failure) {
      folder.close();
      throw failure;
    }
    return open(file, options, Optional.of(folder));
  }

  /**
   * Loads a model where results count, not speed: nothing is fused, unless it multiplies bytes:
   * ONNX Runtime widens those only together with what it fuses; see {@link ByteProducts}.
   */
  public static OnnxRuntime exact(Model model) {
    return exact(model, options -> of(model, options));
  }

  /** As {@link #exact(Model)}, of a model that lies in a file. */
  public static OnnxRuntime exact(Path file, Model model) {
    return exact(model, options -> open(file, options));
  }

  private static OnnxRuntime exact(Model model, Function<Options, OnnxRuntime> opening) {
    var options = Options.standard();
    if (ByteProducts.canBeWidened(model.graph())) {
      try {
        return opening.apply(options.withOptimization(Optimization.EXTENDED));
      } catch (InvalidInputException refused) {
        // It gives two weights one name where nodes share a zero point.
      }
    }
    return opening.apply(options.withOptimization(Optimization.BASIC));
  }

  /** Loads a model file, its external data beside it. */
  public static OnnxRuntime open(Path file) {
    return open(file, Options.standard());
  }

  public static OnnxRuntime open(Path file, Options options) {
    if (!Files.isRegularFile(file)) {
      throw new InvalidInputException(file + ": no such file");
    }
    return open(file, options, Optional.empty());
  }

  private static OnnxRuntime open(Path file, Options options, Optional<TemporaryFolder> scratch) {
    return open(s -> Natives.environment().createSession(file.toString(), s), options, scratch);
  }

  private static OnnxRuntime open(
      Opening opening, Options options, Optional<TemporaryFolder> scratch) {
    Natives.environment();
    try (SessionOptions sessionOptions = options.toSession()) {
      OrtSession session = opening.open(sessionOptions);
      try {
        var runtime = new OnnxRuntime(session, scratch);
        runtime.refuseOtherThanTensors();
        return runtime;
      } catch (OrtException | RuntimeException failure) {
        session.close();
        throw failure;
      }
    } catch (OrtException failure) {
      scratch.ifPresent(TemporaryFolder::close);
      throw Refusals.of(failure);
    }
  }

  private void refuseOtherThanTensors() {
    var all = new LinkedHashMap<>(inputs);
    all.putAll(outputs);
    List<Unsupported> refused =
        all.values().stream()
            .filter(n -> !(n.getInfo() instanceof TensorInfo info && OrtTensors.readable(info)))
            .map(
                node ->
                    new Unsupported(
                        node.getName(), "", "not a tensor that Java can take: " + node.getInfo()))
            .toList();
    if (!refused.isEmpty()) {
      throw new UnsupportedModelException(refused);
    }
  }

  /** ONNX Runtime's version. */
  public static String version() {
    return Natives.environment().getVersion();
  }

  /** Why ONNX Runtime can't be used on this machine; empty where it can. */
  public static Optional<String> unavailable() {
    return Natives.failure();
  }

  @Override
  public Map<String, Tensor> run(Map<String, Tensor> given) {
    for (String name : given.keySet()) {
      if (!inputs.containsKey(name)) {
        throw new InvalidInputException(
            "no input named '%s'; inputs: %s".formatted(name, String.join(", ", inputs.keySet())));
      }
    }
    var values = new LinkedHashMap<String, OnnxTensor>();
    try {
      for (NodeInfo input : inputs.values()) {
        Tensor tensor = given.get(input.getName());
        if (tensor == null) {
          throw new InvalidInputException("input '" + input.getName() + "' is missing");
        }
        values.put(input.getName(), OrtTensors.input(input, tensor));
      }
      return run(values, pinning ? fixedOutputs() : Map.of());
    } catch (OrtException failure) {
      throw new InvalidInputException(Refusals.message(failure), failure);
    } finally {
      values.values().forEach(OnnxTensor::close);
    }
  }

  private Map<String, Tensor> fixedOutputs() {
    var fixed = new LinkedHashMap<String, Tensor>();
    for (NodeInfo output : outputs.values()) {
      OrtTensors.fixed((TensorInfo) output.getInfo())
          .ifPresent(tensor -> fixed.put(output.getName(), tensor));
    }
    return fixed;
  }

  private Map<String, Tensor> run(Map<String, OnnxTensor> values, Map<String, Tensor> mine)
      throws OrtException {
    var pinned = new LinkedHashMap<String, OnnxTensor>();
    var copied = new LinkedHashSet<>(outputs.keySet());
    copied.removeAll(mine.keySet());
    try {
      for (var output : mine.entrySet()) {
        pinned.put(output.getKey(), OrtTensors.of(output.getValue()));
      }
      try (OrtSession.Result result = session.run(values, copied, pinned)) {
        var tensors = new LinkedHashMap<String, Tensor>();
        for (String name : outputs.keySet()) {
          Tensor own = mine.get(name);
          tensors.put(name, own != null ? own : copy(name, result.get(name)));
        }
        return tensors;
      }
    } catch (OrtException failure) {
      if (mine.isEmpty()) {
        throw failure;
      }
      // Files may declare an output's shape wrongly; ONNX Runtime only minds where memory is given.
      Map<String, Tensor> tensors = run(values, Map.of());
      pinning = false;
      return tensors;
    } finally {
      pinned.values().forEach(OnnxTensor::close);
    }
  }

  private static Tensor copy(String name, Optional<OnnxValue> value) throws OrtException {
    return switch (value.orElse(null)) {
      case OnnxTensor tensor -> OrtTensors.output(tensor);
      case null, default ->
          throw new InvalidInputException("output '" + name + "' is not a tensor: " + value);
    };
  }

  @Override
  public void close() {
    if (closed.getAndSet(true)) {
      return;
    }
    try {
      session.close();
    } catch (OrtException failure) {
      throw new IllegalStateException(failure);
    } finally {
      scratch.ifPresent(TemporaryFolder::close);
    }
  }

  /** Ends the profile that the options asked for and names its file. */
  Path endProfile() {
    try {
      return Path.of(session.endProfiling());
    } catch (OrtException failure) {
      throw new IllegalStateException(failure);
    }
  }
}
