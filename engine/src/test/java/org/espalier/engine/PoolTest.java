package org.espalier.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.espalier.engine.kernel.Kernels;
import org.espalier.engine.plan.Choice;
import org.espalier.graph.Attribute;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.Test;

/** Pools of random geometry against ONNX Runtime. */
class PoolTest {
  private static final int CASES = 60;

  private final SeededRandom random = SeededRandom.fresh();

  private long pick(long... numbers) {
    return numbers[random.nextInt(numbers.length)];
  }

  private Kernels kernels(int k) {
    return k % 5 == 0 ? Kernels.scalar(8) : Kernels.best();
  }

  @Test
  void agreesWithOnnxRuntime() {
    for (int k = 0; k < CASES; k++) {
      check(k);
    }
  }

  private void check(int k) {
    boolean max = random.nextBoolean();
    int rank = random.nextInt(5) == 0 ? 1 : 2;
    long[] x = new long[rank + 2];
    long[] kernel = new long[rank];
    long[] strides = new long[rank];
    long[] pads = new long[2 * rank];
    long[] dilations = new long[rank];
    x[0] = pick(1, 1, 2);
    x[1] = pick(1, 2, 3, 5, 17);
    long stride = pick(1, 2, 2, 3);
    long taps = pick(1, 2, 3, 3, 5);
    for (int axis = 0; axis < rank; axis++) {
      kernel[axis] = random.nextInt(4) == 0 ? pick(1, 2, 3, 5) : taps;
      strides[axis] = random.nextInt(4) == 0 ? pick(1, 2, 3) : stride;
      dilations[axis] = max ? pick(1, 1, 1, 2) : 1;
      pads[axis] = random.nextLong(kernel[axis]);
      pads[axis + rank] = random.nextLong(kernel[axis]);
      x[axis + 2] = kernel[axis] * 2 + pick(0, 1, 3, 7, 13, 29, 40);
    }
    boolean ceil = random.nextInt(3) == 0;
    var attributes = new LinkedHashMap<String, Attribute>();
    attributes.put("kernel_shape", Attribute.of(kernel));
    attributes.put("strides", Attribute.of(strides));
    attributes.put("pads", Attribute.of(pads));
    attributes.put("ceil_mode", Attribute.of(ceil ? 1L : 0L));
    if (max) {
      attributes.put("dilations", Attribute.of(dilations));
    } else {
      attributes.put("count_include_pad", Attribute.of(random.nextInt(2)));
    }
    Tensor input = random.gaussian(x);
    input.setFloat(random.nextLong(input.size()), Float.POSITIVE_INFINITY);
    new SmallModel(input)
        .then(max ? "MaxPool" : "AveragePool", attributes)
        .check(Arrays.toString(x) + " " + attributes, kernels(k), 1 + random.nextInt(4));
  }

  @Test
  void meanOfNaNIsNaN() {
    Tensor x = random.gaussian(1, 3, 7, 7);
    x.setFloat(24, Float.NaN);
    var attributes = Map.of("kernel_shape", Attribute.of(3, 3), "pads", Attribute.of(1, 1, 1, 1));
    new SmallModel(x).then("AveragePool", attributes).check("NaN", Kernels.best(), 1);
  }

  @Test
  void wholePlanes() {
    for (int k = 0; k < 24; k++) {
      Tensor x = random.gaussian(pick(1, 3), pick(1, 5, 70), pick(1, 3, 7, 13), pick(1, 7, 8, 20));
      if (k % 3 == 0) {
        x.setFloat(random.nextLong(x.size()), Float.POSITIVE_INFINITY);
      }
      List<Choice> plan;
      if (k % 2 == 0) {
        var model = new SmallModel(x);
        String op = random.nextBoolean() ? "GlobalAveragePool" : "GlobalMaxPool";
        plan = model.then(op, Map.of()).check(op, kernels(k), 2);
      } else {
        // Planes come from a pool before.
        var model = new SmallModel(x);
        var kernel = Map.of("kernel_shape", Attribute.of(1, 1));
        String axes = model.weight(Tensor.of(new long[] {2, -1}, 2));
        plan =
            model
                .then("MaxPool", kernel)
                .then("ReduceMean", Map.of("keepdims", Attribute.of(random.nextInt(2))), axes)
                .check("mean of planes", kernels(k), 1);
      }
      assertThat(plan.getLast().kernel()).isEqualTo("pool");
    }
  }
}
