package org.espalier.bench;

import java.util.concurrent.TimeUnit;
import org.espalier.graph.Model;
import org.espalier.prune.Outcome;
import org.espalier.prune.Recipe;
import org.espalier.prune.evidence.Calibration;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One linear layer pruned to half of its weights, from the rows of its inputs to the new weights:
 * what is observed is part of it.
 *
 * <pre>
 * ./mvnw -q package -DskipTests -pl bench -am exec:exec -Dbench='PruningBenchmark -p method=wanda'
 * </pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(
    value = 1,
    jvmArgs = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
@Warmup(iterations = 10)
@Measurement(iterations = 10)
public class PruningBenchmark {
  @Param({"wanda", "sparsegpt", "magnitude"})
  String method;

  @Param("768")
  int outputs;

  @Param("3072")
  int inputs;

  @Param("2048")
  int rows;

  private Model model;
  private Calibration calibration;
  private Recipe recipe;

  @Setup
  public void setup() {
    model = OneNode.of("MatMul", new long[] {rows, inputs}).weights(inputs, outputs).model();
    calibration = Calibration.of("x0", Normal.tensor(7, 1, rows, inputs), null, rows);
    recipe = Recipe.named(method).sparsity(0.5);
    double reached = prune().masks().sparsity();
    if (reached != 0.5) {
      throw new IllegalStateException("%s left %s of the weights".formatted(method, reached));
    }
  }

  @Benchmark
  public Outcome prune() {
    return recipe.apply(model, calibration);
  }
}
