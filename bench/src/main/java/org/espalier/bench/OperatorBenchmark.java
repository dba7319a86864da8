package org.espalier.bench;

import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.espalier.graph.Attribute;
import org.espalier.graph.Executor;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
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
 * What stands around the products of a network, each as a model of one node.
 *
 * <pre>
 * ./mvnw -q package -DskipTests -pl bench -am exec:exec -Dbench='OperatorBenchmark -p op=SOFTMAX'
 * </pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
    value = 1,
    jvmArgs = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class OperatorBenchmark {
  private static final long[] TOKENS = {1, 128, 768};
  private static final long[] HEADS = {1, 12, 128, 64};
  private static final long[] SCORES = {1, 12, 128, 128};
  private static final long[] IMAGE = {1, 64, 112, 112};

  /** One kernel each, in a size that networks have. */
  public enum Op {
    DEPTHWISE,
    DEPTHWISE_STRIDED,
    MAX_POOL,
    GLOBAL_AVERAGE_POOL,
    DEPTH_TO_SPACE,
    CONV_TRANSPOSE,
    SCORES_TIMES_VALUES,
    SOFTMAX,
    LAYER_NORM,
    GELU,
    ADD,
    ADD_BROADCAST,
    TRANSPOSE,
    CONCAT;

    OneNode node() {
      return switch (this) {
        case DEPTHWISE -> depthwise(1);
        case DEPTHWISE_STRIDED -> depthwise(2);
        case MAX_POOL ->
            OneNode.of("MaxPool", IMAGE)
                .attributes(
                    Map.of(
                        "kernel_shape", Attribute.of(3, 3),
                        "strides", Attribute.of(2, 2),
                        "pads", Attribute.of(1, 1, 1, 1)));
        case GLOBAL_AVERAGE_POOL -> OneNode.of("GlobalAveragePool", new long[] {1, 2048, 7, 7});
        case DEPTH_TO_SPACE ->
            OneNode.of("DepthToSpace", IMAGE).attributes(Map.of("blocksize", Attribute.of(2)));
        case CONV_TRANSPOSE ->
            OneNode.of("ConvTranspose", new long[] {1, 64, 28, 28})
                .weights(64, 32, 2, 2)
                .attributes(Map.of("strides", Attribute.of(2, 2)));
        case SCORES_TIMES_VALUES -> OneNode.of("MatMul", SCORES, HEADS);
        case SOFTMAX -> OneNode.of("Softmax", SCORES);
        case LAYER_NORM -> OneNode.of("LayerNormalization", TOKENS).weights(768).weights(768);
        case GELU -> OneNode.of("Gelu", new long[] {1, 128, 3072});
        case ADD -> OneNode.of("Add", TOKENS, TOKENS);
        case ADD_BROADCAST -> OneNode.of("Add", TOKENS).weights(768);
        case TRANSPOSE ->
            OneNode.of("Transpose", new long[] {1, 128, 12, 64})
                .attributes(Map.of("perm", Attribute.of(0, 2, 1, 3)));
        case CONCAT ->
            OneNode.of("Concat", IMAGE, IMAGE).attributes(Map.of("axis", Attribute.of(1)));
      };
    }

    private static OneNode depthwise(int stride) {
      return OneNode.of("Conv", IMAGE)
          .weights(64, 1, 3, 3)
          .attributes(
              Map.of(
                  "kernel_shape", Attribute.of(3, 3),
                  "strides", Attribute.of(stride, stride),
                  "pads", Attribute.of(1, 1, 1, 1),
                  "group", Attribute.of(64)));
    }
  }

  @Param({"ENGINE", "ONNXRUNTIME"})
  Contender contender;

  @Param Op op;

  @Param("1")
  int threads;

  private Map<String, Tensor> inputs;
  private Executor running;

  @Setup
  public void setup() {
    Model model = op.node().model();
    inputs = OneNode.inputs(model);
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
}
