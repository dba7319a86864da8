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
 * Convolutions and matrix products whose weights may be sparse, each as a model of one node.
 *
 * <pre>
 * ./mvnw -q package -DskipTests -pl bench -am exec:exec \
 *     -Dbench='ProductBenchmark -p layer=CONV_3X3 -p sparsity=0.9 -p pattern=4x1'
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
public class ProductBenchmark {
  /** One kernel family each, in a size that networks have. */
  public enum Layer {
    CONV_1X1_LARGE,
    CONV_1X1,
    CONV_1X1_SMALL,
    CONV_3X3,
    CONV_3X3_STRIDED,
    CONV_STEM,
    CONV_GROUPED,
    GEMM_VECTOR,
    MATMUL_SEQUENCE,
    MATMUL_WIDE;

    OneNode node() {
      return switch (this) {
        case CONV_1X1_LARGE -> convolution(64, 56, 256, 1, 1, 1);
        case CONV_1X1 -> convolution(512, 14, 512, 1, 1, 1);
        case CONV_1X1_SMALL -> convolution(512, 7, 2048, 1, 1, 1);
        case CONV_3X3 -> convolution(128, 28, 128, 3, 1, 1);
        case CONV_3X3_STRIDED -> convolution(128, 56, 128, 3, 2, 1);
        case CONV_STEM -> convolution(3, 224, 64, 7, 2, 1);
        case CONV_GROUPED -> convolution(256, 28, 256, 3, 1, 32);
        case GEMM_VECTOR -> OneNode.of("Gemm", new long[] {1, 2048}).weights(2048, 1000);
        case MATMUL_SEQUENCE -> OneNode.of("MatMul", new long[] {1, 128, 768}).weights(768, 768);
        case MATMUL_WIDE -> OneNode.of("MatMul", new long[] {1, 128, 768}).weights(768, 3072);
      };
    }

    private static OneNode convolution(
        int channels, int size, int filters, int kernel, int stride, int group) {
      int pad = kernel / 2;
      return OneNode.of("Conv", new long[] {1, channels, size, size})
          .weights(filters, channels / group, kernel, kernel)
          .attributes(
              Map.of(
                  "kernel_shape", Attribute.of(kernel, kernel),
                  "strides", Attribute.of(stride, stride),
                  "pads", Attribute.of(pad, pad, pad, pad),
                  "group", Attribute.of(group)));
    }
  }

  @Param({"ENGINE", "ONNXRUNTIME"})
  Contender contender;

  @Param Layer layer;

  @Param({"0", "0.8", "0.9", "0.95"})
  double sparsity;

  @Param({"unstructured", "4x1"})
  String pattern;

  @Param("1")
  int threads;

  private Map<String, Tensor> inputs;
  private Executor running;

  @Setup
  public void setup() {
    Model model = layer.node().model(pattern, sparsity);
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
