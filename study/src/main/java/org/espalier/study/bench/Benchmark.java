package org.espalier.study.bench;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.espalier.engine.Engine;
import org.espalier.engine.Session;
import org.espalier.graph.Executor;
import org.espalier.graph.Model;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.inspect.Inspection;
import org.espalier.reference.Agreement;
import org.espalier.reference.NodeTimes;
import org.espalier.reference.OnnxRuntime;
import org.espalier.reference.RandomInputs;

/**
 * How fast a model is on our engine, and on ONNX Runtime beside it: same inputs, same threads, in
 * turns on one machine. ONNX Runtime keeps its defaults, spinning threads included.
 *
 * @param engine the model on our engine
 * @param onnxruntime the model, or the dense original where one was given, on ONNX Runtime
 * @param onnxruntimeSparse the model itself on ONNX Runtime, where a dense original was given
 * @param ratio ONNX Runtime's median over the engine's: above 1 the engine is faster
 * @param ratios of each round
 * @param maxRelativeError between the two, on the model itself
 * @param gflops the engine's
 * @param compileSeconds until a model can be run
 */
public record Benchmark(
    Timing engine,
    Optional<Timing> onnxruntime,
    Optional<Timing> onnxruntimeSparse,
    Optional<Double> ratio,
    Optional<Median> ratios,
    Optional<Double> maxRelativeError,
    Flops gflops,
    Optional<Flops> onnxruntimeGflops,
    Seconds compileSeconds,
    @JsonUnwrapped Conditions conditions,
    Optional<LayerTimes> layers,
    String conclusion) {

  /**
   * What was run, and how.
   *
   * @param threads all together
   * @param streams callers at the same time
   * @param inputs their shapes
   * @param macs of one run, as if dense
   * @param kernels what the engine computes with
   */
  public record Conditions(
      Scenario scenario,
      int threads,
      int streams,
      long batch,
      Map<String, Shape> inputs,
      long macs,
      long nonzeroMacs,
      String kernels,
      Machine machine) {
    static Conditions of(
        Settings settings, Map<String, Shape> inputs, Inspection inspection, String kernels) {
      return new Conditions(
          settings.scenario(),
          settings.threads(),
          settings.callers(),
          settings.batch(),
          inputs,
          inspection.macs(),
          inspection.nonzeroMacs(),
          kernels,
          Machine.here());
    }
  }

  /** Of the engine, and of ONNX Runtime where it was measured. */
  public record Seconds(double engine, Optional<Double> onnxruntime) {}

  /** Measures {@code model}, with ONNX Runtime on {@code dense}, which may be the model itself. */
  public static Benchmark of(Model model, Model dense, Settings settings) {
    boolean same = model.equals(dense);
    Model mine = Workload.ready(model, settings);
    Model theirs = same ? mine : Workload.ready(dense, settings);
    int threads = settings.threadsOfSession();
    OnnxRuntime.Options options =
        OnnxRuntime.Options.standard().withThreads(threads).withSpinning();
    boolean against = settings.against() != Against.NONE;
    long begin = System.nanoTime();
    try (Executor reference = against ? OnnxRuntime.of(theirs, options) : null) {
      double loading = (System.nanoTime() - begin) / 1e9;
      begin = System.nanoTime();
      try (Session session = Engine.compile(mine, settings.engine(threads));
          Executor sparse = against && !same ? OnnxRuntime.of(mine, options) : null) {
        Map<String, Tensor> inputs =
            RandomInputs.takenBy(against ? reference : session, theirs, 1, settings.batch());
        session.run(inputs); // plans for shapes that the file leaves open
        double compiling = (System.nanoTime() - begin) / 1e9;
        Optional<Double> error = Optional.empty();
        if (against) {
          Map<String, Tensor> expected = (same ? reference : sparse).run(inputs);
          error = Optional.of(error(expected, session.run(inputs)));
          boolean rewritten = !mine.graph().inputs().equals(model.graph().inputs());
          if (rewritten && settings.shapes().isEmpty()) {
            Workload.check(model, inputs, expected);
          }
        }
        Executor third = settings.against() == Against.ONNXRUNTIME ? sparse : null;
        List<Stopwatch.Watched> watched =
            Stopwatch.time(
                Stream.of(session, reference, third)
                    .filter(Objects::nonNull)
                    .map(each -> new Stopwatch.Contender(each, inputs))
                    .toList(),
                settings.schedule());
        var shapes = new LinkedHashMap<String, Shape>();
        inputs.forEach((name, tensor) -> shapes.put(name, tensor.shape()));
        Inspection inspection = Inspection.of(mine, shapes);
        Optional<LayerTimes> layers = Optional.empty();
        if (settings.layers()) {
          double seconds = settings.seconds() / 2;
          List<NodeTimes.NodeTime> nodes =
              against ? NodeTimes.of(theirs, options, inputs, runs(watched.get(1))) : List.of();
          layers = Optional.of(LayerTimes.of(session, mine, inspection, inputs, seconds, nodes));
        }
        return of(
            watched,
            error,
            new Seconds(compiling, against ? Optional.of(loading) : Optional.empty()),
            Conditions.of(settings, shapes, inspection, session.kernels()),
            layers);
      }
    }
  }

  /** How often ONNX Runtime is profiled: about a second. */
  private static int runs(Stopwatch.Watched watched) {
    return (int) Math.clamp(500 / watched.timing().medianMs(), 3, 200);
  }

  private static Benchmark of(
      List<Stopwatch.Watched> watched,
      Optional<Double> error,
      Seconds seconds,
      Conditions conditions,
      Optional<LayerTimes> layers) {
    Timing ours = watched.get(0).timing();
    Optional<Timing> theirs = timing(watched, 1);
    Optional<Double> ratio = theirs.map(timing -> timing.medianMs() / ours.medianMs());
    long macs = conditions.macs();
    double perItem = conditions.streams(); // runs that overlap share the machine
    return new Benchmark(
        ours,
        theirs,
        timing(watched, 2),
        ratio,
        theirs.map(_ -> ratios(watched.get(0), watched.get(1))),
        error,
        Flops.of(conditions.nonzeroMacs(), macs, ours.medianMs() / perItem),
        theirs.map(timing -> Flops.of(macs, macs, timing.medianMs() / perItem)),
        seconds,
        conditions,
        layers,
        ratio.map(Benchmark::conclusion).orElse("nothing to compare with was asked for"));
  }

  private static Optional<Timing> timing(List<Stopwatch.Watched> watched, int index) {
    return index < watched.size() ? Optional.of(watched.get(index).timing()) : Optional.empty();
  }

  /** ONNX Runtime's median over the engine's in each round. */
  static Median ratios(Stopwatch.Watched ours, Stopwatch.Watched theirs) {
    double[] mine = ours.medians();
    double[] other = theirs.medians();
    return Median.of(
        IntStream.range(0, mine.length).mapToDouble(round -> other[round] / mine[round]).toArray());
  }

  private static double error(Map<String, Tensor> expected, Map<String, Tensor> actual) {
    double worst = 0;
    for (Map.Entry<String, Tensor> output : expected.entrySet()) {
      Agreement agreement = Agreement.of(output.getValue(), actual.get(output.getKey()));
      if (!agreement.holds()) {
        throw new IllegalStateException(
            "the engine disagrees with ONNX Runtime, so there is nothing to time: output '%s' %s"
                .formatted(output.getKey(), agreement.reason()));
      }
      worst = Math.max(worst, agreement.maxRelativeError());
    }
    return worst;
  }

  private static String conclusion(double ratio) {
    if (ratio > 1.05) {
      return "the engine is %.2f times as fast as ONNX Runtime here".formatted(ratio);
    }
    if (ratio < 0.95) {
      return "ONNX Runtime is %.2f times as fast as the engine here: no gain".formatted(1 / ratio);
    }
    return "no difference that this measurement can tell";
  }
}
