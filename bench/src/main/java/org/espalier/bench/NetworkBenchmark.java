package org.espalier.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.espalier.graph.DataType;
import org.espalier.graph.Executor;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.zoo.Zoo;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A network of the zoo with random zeros in its weights. ONNX Runtime gains nothing from zeros, so
 * its time for any sparsity is its time for the dense network.
 *
 * <pre>
 * ./mvnw -q package -DskipTests -pl bench -am exec:exec -Dbench='NetworkBenchmark -p network=lenet-5'
 * </pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
    value = 1,
    jvmArgs = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class NetworkBenchmark {
  private static final long SEED = 20_240_101;

  @Param({"ENGINE", "ONNXRUNTIME"})
  Contender contender;

  @Param({"lenet-5", "lenet-300-100"})
  String network;

  @Param({"0", "0.9"})
  double sparsity;

  @Param({"1", "16"})
  int batch;

  @Param("1")
  int threads;

  private Map<String, Tensor> inputs;
  private Executor running;

  @Setup
  public void setup() {
    var random = new Random(SEED);
    Model model = sparsified(Zoo.build(network, SEED), sparsity, random);
    inputs = inputs(model, batch, random);
    running = contender.checked(model, threads, inputs);
  }

  @Benchmark
  public Map<String, Tensor> run() {
    return running.run(inputs);
  }

  @TearDown
  public void close() {
    running.close();
  }

  private static Model sparsified(Model model, double sparsity, Random random) {
    var changed = new LinkedHashMap<String, Tensor>();
    model
        .graph()
        .initializers()
        .forEach(
            (name, tensor) -> {
              if (tensor.type() == DataType.FLOAT && tensor.rank() >= 2) {
                Tensor copy = tensor.copy();
                for (long k = 0; k < copy.size(); k++) {
                  if (random.nextDouble() < sparsity) {
                    copy.setFloat(k, 0);
                  }
                }
                changed.put(name, copy);
              }
            });
    return model.withGraph(model.graph().replacing(changed));
  }

  private static Map<String, Tensor> inputs(Model model, int batch, Random random) {
    var inputs = new LinkedHashMap<String, Tensor>();
    for (ValueInfo input : model.graph().requiredInputs()) {
      var type = (Type.TensorType) input.type();
      long[] dims =
          type.shape().orElseThrow().dims().stream().mapToLong(d -> d.sizeOr(batch)).toArray();
      Tensor tensor = Tensor.allocate(DataType.FLOAT, dims);
      for (long k = 0; k < tensor.size(); k++) {
        tensor.setFloat(k, (float) random.nextGaussian());
      }
      inputs.put(input.name(), tensor);
    }
    return inputs;
  }
}
