package org.espalier.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.espalier.engine.kernel.Kernels;
import org.espalier.graph.DataType;
import org.espalier.graph.Dim;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.build.GraphBuilder;
import org.espalier.graph.build.Init;
import org.espalier.graph.build.Value;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.reference.OnnxRuntime;
import org.junit.jupiter.api.Test;

/** A transformer whose tokens threads share, by any number of both, against ONNX Runtime. */
class SharedTokensTest {
  private static final int[] TOKENS = {13, 63, 65, 128, 130};
  private static final int HEADS = 2;
  private static final int SIZE = 12;
  private static final int FEATURES = HEADS * SIZE;

  private final SeededRandom random = SeededRandom.fresh();

  private Value product(Value x, int units) {
    int features = x.size(-1);
    Tensor weights = RandomWeights.draw(random, false, true, features, units);
    String name = "w" + random.nextInt(Integer.MAX_VALUE);
    return x.matmul(x.builder().initializer(name, weights));
  }

  private static Value heads(Value x) {
    return x.reshape(0, 0, HEADS, SIZE).transpose(0, 2, 1, 3);
  }

  private Value attention(Value x, Value mask) {
    List<Value> qkv = product(x, 3 * FEATURES).split(2, FEATURES, FEATURES, FEATURES);
    Value keys = heads(qkv.get(1)).transpose(0, 1, 3, 2);
    Value scores = heads(qkv.get(0)).matmul(keys).mul(x.builder().real(0.3f));
    Value mixed = scores.add(mask).softmax().matmul(heads(qkv.get(2)));
    return product(mixed.transpose(0, 2, 1, 3).reshape(0, 0, FEATURES), FEATURES);
  }

  /** Steps that know of shares, and some that don't. */
  private Model model() {
    GraphBuilder g = GraphBuilder.of("shares", 1).opset(20, 9);
    Value x = g.input("x", DataType.FLOAT, Dim.of(1), Dim.symbol("S"), Dim.of(FEATURES));
    Dim tokens = Dim.symbol("S");
    Value mask = g.input("mask", DataType.FLOAT, Dim.of(1), Dim.of(1), tokens, tokens);
    Value y = x.add(attention(x.layerNorm("first", 1e-5f), mask)).layerNorm("second", 1e-5f);
    g.output("layer", y.add(product(product(y, 40).gelu(), FEATURES)));
    Value gated = product(y, 30).silu().mul(product(y, 30));
    g.output("gated", product(gated.rmsNorm("third", 1e-5f), 5));
    Value halves = product(y, 2 * FEATURES);
    Value turned = halves.slice(2, FEATURES, 2 * FEATURES, 1).mul(halves.slice(2, 0, FEATURES, 1));
    g.output("turned", attention(turned, mask).transpose(0, 2, 1).tanh());
    g.output("query", heads(product(y, FEATURES)));
    g.output("rows", product(y, 7));
    return g.output("down", product(y.transpose(0, 2, 1).softmax().transpose(0, 2, 1), 3)).build();
  }

  private Tensor numbers(long... dims) {
    Tensor tensor = Tensor.allocate(DataType.FLOAT, dims);
    for (long k = 0; k < tensor.size(); k++) {
      tensor.setFloat(k, (float) random.nextGaussian());
    }
    return tensor;
  }

  private static void check(String of, Tensor expected, Tensor actual) {
    double largest = 1e-3;
    for (long k = 0; k < expected.size(); k++) {
      largest = Math.max(largest, Math.abs(expected.floatAt(k)));
    }
    assertThat(actual.dims()).as(of).isEqualTo(expected.dims());
    for (long k = 0; k < expected.size(); k++) {
      assertThat((double) actual.floatAt(k))
          .as("%s[%d]", of, k)
          .isCloseTo(expected.floatAt(k), within(2e-4 * largest));
    }
  }

  @Test
  void agreeWithOnnxRuntime() {
    Model model = model();
    var sessions = new ArrayList<Session>();
    for (int threads = 1; threads <= 4; threads++) {
      sessions.add(Engine.compile(model, new Options(threads)));
      sessions.add(Engine.compile(model, new Options(threads), Kernels.scalar(16)));
    }
    try (OnnxRuntime reference = OnnxRuntime.of(model)) {
      for (int tokens : TOKENS) {
        Tensor x = numbers(1, tokens, FEATURES);
        Map<String, Tensor> inputs = Map.of("x", x, "mask", numbers(1, 1, tokens, tokens));
        Map<String, Tensor> expected = reference.run(inputs);
        for (int k = 0; k < sessions.size(); k++) {
          Map<String, Tensor> actual = sessions.get(k).run(inputs);
          String of = "session %d, %d tokens, ".formatted(k, tokens);
          expected.forEach((name, tensor) -> check(of + name, tensor, actual.get(name)));
        }
      }
    } finally {
      sessions.forEach(Session::close);
    }
  }

  @Test
  void layersKeepSharesFromOneToTheNext() {
    GraphBuilder g = GraphBuilder.of("shares", 1).opset(20, 9);
    Value x = g.input("x", 1, 128, FEATURES);
    Value y = x.matmul("in", FEATURES, Init.normal(0.2)).layerNorm("norm", 1e-5f);
    Model model = g.output("y", y.matmul("out", FEATURES, Init.normal(0.2))).build();
    try (Session session = Engine.compile(model, new Options(2))) {
      assertThat(session.plan().stream().map(choice -> choice.layout()))
          .containsExactly("2 shares of 64", "2 shares of 64", "2 shares of 64");
    }
    try (Session session = Engine.compile(model, new Options(1))) {
      assertThat(session.plan()).noneMatch(choice -> choice.layout().contains("shares"));
    }
  }
}
