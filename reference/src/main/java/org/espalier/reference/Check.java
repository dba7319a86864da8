package org.espalier.reference;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.espalier.graph.Constants;
import org.espalier.graph.DataType;
import org.espalier.graph.Executor;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.UnsupportedModelException;
import org.espalier.graph.UnsupportedModelException.Unsupported;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.onnx.Onnx;

/**
 * Tries an executor on cases: does it give the outputs that the files expect, or where there are
 * none, ONNX Runtime's on random inputs?
 *
 * <p>A case is unsupported only where something refused the model with {@link
 * UnsupportedModelException} before it ran. Whatever else goes wrong, an unreadable file included,
 * is a failure with its reason, and the next case has its turn.
 */
public final class Check {
  /** What became of a case. */
  public enum Status {
    PASSED,
    FAILED,
    UNSUPPORTED
  }

  /**
   * One case.
   *
   * @param maxRelativeError as {@link Agreement} has it, over all outputs; 0 where nothing was run
   * @param reason why the case did not pass; empty where it did
   */
  public record CaseResult(String name, Status status, double maxRelativeError, String reason) {}

  /** All cases in the order they were tried, and how many of them had each status. */
  public record Report(int passed, int failed, int unsupported, List<CaseResult> cases) {
    public Report {
      cases = List.copyOf(cases);
    }

    /** Several reports as one, their cases in order. */
    public static Report joined(List<Report> reports) {
      return of(reports.stream().flatMap(report -> report.cases().stream()).toList());
    }

    static Report of(List<CaseResult> cases) {
      return new Report(
          count(cases, Status.PASSED),
          count(cases, Status.FAILED),
          count(cases, Status.UNSUPPORTED),
          cases);
    }

    private static int count(List<CaseResult> cases, Status status) {
      return (int) cases.stream().filter(result -> result.status() == status).count();
    }
  }

  private final Function<Model, ? extends Executor> compiler;
  private final Consumer<CaseResult> listener;
  private final long seed;

  private Check(
      Function<Model, ? extends Executor> compiler, Consumer<CaseResult> listener, long seed) {
    this.compiler = compiler;
    this.listener = listener;
    this.seed = seed;
  }

  /** A check of executors made by {@code compiler}. */
  public static Check with(Function<Model, ? extends Executor> compiler) {
    return new Check(compiler, result -> {}, 1);
  }

  /** This check, telling each result as soon as it is there. */
  public Check telling(Consumer<CaseResult> listener) {
    return new Check(compiler, listener, seed);
  }

  /** This check with other random inputs. */
  public Check withSeed(long seed) {
    return new Check(compiler, listener, seed);
  }

  public Report run(Path path) {
    return run(ConformanceCase.walk(path));
  }

  public Report run(Stream<ConformanceCase> cases) {
    var results = new ArrayList<CaseResult>();
    cases.forEachOrdered(
        one -> {
          CaseResult result = run(one);
          listener.accept(result);
          results.add(result);
        });
    return Report.of(results);
  }

  /** Tries one case. */
  public CaseResult run(ConformanceCase one) {
    try {
      Model model = Onnx.read(one.model());
      refuseOtherThanTensors(model);
      try (Executor executor = compiler.apply(model)) {
        double worst = 0;
        for (Expectation expectation : expectations(one, model)) {
          worst = Math.max(worst, expectation.compare(model, executor));
        }
        return new CaseResult(one.name(), Status.PASSED, worst, "");
      }
    } catch (UnsupportedModelException refusal) {
      return new CaseResult(one.name(), Status.UNSUPPORTED, 0, refusal.getMessage());
    } catch (Disagreement found) {
      return new CaseResult(
          one.name(), Status.FAILED, found.agreement.maxRelativeError(), found.getMessage());
    } catch (InvalidInputException | UncheckedIOException failure) {
      return new CaseResult(one.name(), Status.FAILED, 0, failure.getMessage());
    } catch (RuntimeException | AssertionError | OutOfMemoryError | StackOverflowError failure) {
      return new CaseResult(one.name(), Status.FAILED, 0, failure.toString());
    }
  }

  private static void refuseOtherThanTensors(Model model) {
    var values = new ArrayList<ValueInfo>(model.graph().requiredInputs());
    values.addAll(model.graph().outputs());
    List<Unsupported> others =
        values.stream()
            .filter(value -> refused(value.type()))
            .map(
                value ->
                    new Unsupported(
                        value.name(),
                        "",
                        value.type().getClass().getSimpleName() + ", not a tensor"))
            .toList();
    if (!others.isEmpty()) {
      throw new UnsupportedModelException(others);
    }
  }

  private static boolean refused(Type type) {
    return switch (type) {
      case Type.TensorType tensor -> false;
      case Type.OtherType open -> false;
      case Type.SparseTensorType sparse -> true;
      case Type.SequenceType sequence -> true;
      case Type.MapType map -> true;
      case Type.OptionalType optional -> true;
    };
  }

  private List<Expectation> expectations(ConformanceCase one, Model model) {
    if (one.dataSets().isEmpty()) {
      return List.of(referenced(one, model));
    }
    var expectations = new ArrayList<Expectation>();
    for (ConformanceCase.DataSet set : one.dataSets()) {
      expectations.add(new Expectation(set.readInputs(model), set.readOutputs()));
    }
    return expectations;
  }

  /** Random inputs that the model takes, and what ONNX Runtime makes of them. */
  private Expectation referenced(ConformanceCase one, Model model) {
    try (OnnxRuntime reference = OnnxRuntime.exact(one.model(), model)) {
      Map<String, Tensor> drawn = RandomInputs.takenBy(reference, model, seed, 2);
      return new Expectation(drawn, List.copyOf(reference.run(drawn).values()));
    }
  }

  private record Expectation(Map<String, Tensor> inputs, List<Tensor> outputs) {
    double compare(Model model, Executor executor) {
      Map<String, Tensor> actual = executor.run(inputs);
      double worst = 0;
      for (int k = 0; k < outputs.size(); k++) {
        String name = model.graph().outputs().get(k).name();
        Tensor tensor = actual.get(name);
        if (tensor == null) {
          throw new InvalidInputException("output '" + name + "' is missing");
        }
        Agreement agreement = Agreement.of(outputs.get(k), tensor, tolerance(model, tensor));
        if (!agreement.holds()) {
          throw new Disagreement(name, agreement);
        }
        worst = Math.max(worst, agreement.maxRelativeError());
      }
      return worst;
    }
  }

  /** What the narrowest type on the way allows: halves inside a model of floats count. */
  private static double tolerance(Model model, Tensor output) {
    double own = Agreement.tolerance(output.type());
    return own == 0
        ? 0
        : Constants.of(model.graph()).values().stream()
            .filter(
                constant ->
                    constant.type() == DataType.FLOAT16 || constant.type() == DataType.BFLOAT16)
            .filter(constant -> constant.rank() > 0)
            .mapToDouble(constant -> Agreement.tolerance(constant.type()))
            .reduce(own, Math::max);
  }

  private static final class Disagreement extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient Agreement agreement;

    Disagreement(String output, Agreement agreement) {
      super("output '" + output + "': " + agreement.reason());
      this.agreement = agreement;
    }
  }
}
