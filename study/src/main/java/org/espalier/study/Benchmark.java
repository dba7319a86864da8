package org.espalier.study;

import java.util.List;
import java.util.Map;
import org.espalier.engine.Engine;
import org.espalier.graph.Executor;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.reference.Agreement;
import org.espalier.reference.OnnxRuntime;
import org.espalier.reference.RandomInputs;

/**
 * How fast a model is on our engine, and on ONNX Runtime beside it: same inputs, same threads, in
 * turns on one machine.
 *
 * @param engine the model on our engine
 * @param onnxruntime the model, or the dense original where one was given, on ONNX Runtime
 * @param ratio ONNX Runtime's median over the engine's: above 1 the engine is faster
 * @param maxRelativeError between the two, on the model itself
 */
public record Benchmark(
    Timing engine,
    Timing onnxruntime,
    double ratio,
    double maxRelativeError,
    int threads,
    long batch,
    String conclusion) {

  /**
   * How to measure.
   *
   * @param threads for both
   * @param batch the size of the axis that the model leaves open
   * @param seconds of measurement for each
   */
  public record Options(int threads, long batch, double seconds) {
    public Options {
      if (threads < 1 || batch < 1 || !(seconds > 0)) {
        throw new InvalidInputException(
            "a benchmark with %d threads, batch %d and %s seconds, expected all above 0"
                .formatted(threads, batch, seconds));
      }
    }
  }

  /** Measures {@code model}, with ONNX Runtime on {@code dense}, which may be the model itself. */
  public static Benchmark of(Model model, Model dense, Options options) {
    OnnxRuntime.Options runtime = OnnxRuntime.Options.standard().withThreads(options.threads());
    try (Executor session = Engine.compile(model, engine(options));
        Executor reference = OnnxRuntime.of(dense, runtime)) {
      Map<String, Tensor> inputs = RandomInputs.takenBy(reference, dense, 1, options.batch());
      double error =
          error(secondOpinion(model, dense, reference, runtime, inputs), session.run(inputs));
      List<Timing> timings =
          Stopwatch.time(
              List.of(
                  new Stopwatch.Contender(session, inputs),
                  new Stopwatch.Contender(reference, inputs)),
              options.seconds());
      Timing ours = timings.get(0);
      Timing theirs = timings.get(1);
      double ratio = theirs.medianMs() / ours.medianMs();
      return new Benchmark(
          ours, theirs, ratio, error, options.threads(), options.batch(), conclusion(ratio));
    }
  }

  private static Map<String, Tensor> secondOpinion(
      Model model,
      Model dense,
      Executor reference,
      OnnxRuntime.Options options,
      Map<String, Tensor> inputs) {
    if (model.equals(dense)) {
      return reference.run(inputs);
    }
    try (Executor sparse = OnnxRuntime.of(model, options)) {
      return sparse.run(inputs);
    }
  }

  private static org.espalier.engine.Options engine(Options options) {
    return org.espalier.engine.Options.standard().withThreads(options.threads());
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
