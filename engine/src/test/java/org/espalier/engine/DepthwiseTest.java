package org.espalier.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.espalier.engine.kernel.Kernels;
import org.espalier.graph.Attribute;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.Test;

/** Depthwise convolutions of random geometry against ONNX Runtime. */
class DepthwiseTest {
  private static final int CASES = 100;

  private final SeededRandom random = SeededRandom.fresh();

  private long pick(long... numbers) {
    return numbers[random.nextInt(numbers.length)];
  }

  @Test
  void agreesWithOnnxRuntime() {
    for (int k = 0; k < CASES; k++) {
      check(k % 7 == 0 ? Kernels.scalar(4 << random.nextInt(3)) : Kernels.best());
    }
  }

  @Test
  void threadsWriteToTheirOwnPlanesAlone() {
    // Planes of whole lines of the cache, whose rows end within a vector.
    var model = new SmallModel(random.gaussian(1, 24, 56, 70));
    var attributes = Map.of("group", Attribute.of(24), "pads", Attribute.of(1, 1, 1, 1));
    model.then("Conv", attributes, model.weight(random.gaussian(24, 1, 3, 3)));
    for (int k = 0; k < 8; k++) {
      model.check("run " + k, Kernels.best(), 4);
    }
  }

  private void check(Kernels kernels) {
    int rank = random.nextInt(5) == 0 ? 1 : 2;
    long channels = pick(1, 2, 3, 5, 17);
    long multiplier = pick(1, 1, 1, 2, 3);
    long[] x = new long[rank + 2];
    long[] kernel = new long[rank];
    long[] strides = new long[rank];
    long[] dilations = new long[rank];
    long[] pads = new long[2 * rank];
    x[0] = pick(1, 1, 2);
    x[1] = channels;
    boolean common = random.nextBoolean();
    for (int axis = 0; axis < rank; axis++) {
      kernel[axis] = common ? 3 : pick(1, 2, 3, 5, 7);
      strides[axis] = common ? (axis == 0 ? pick(1, 2) : strides[0]) : pick(1, 2, 3);
      dilations[axis] = common ? 1 : pick(1, 1, 2, 3);
      pads[axis] = common ? 1 : pick(0, 1, 2, 9);
      pads[axis + rank] = common ? 1 : pick(0, 1, 2, 9);
      long window = (kernel[axis] - 1) * dilations[axis] + 1;
      long room = pads[axis] + pads[axis + rank];
      x[axis + 2] = Math.max(pick(1, 3, 4, 7, 8, 13, 14, 28, 31, 56, 70), window - room);
    }
    Tensor input = random.gaussian(x);
    if (random.nextInt(4) == 0) {
      float special = random.nextBoolean() ? Float.NaN : Float.POSITIVE_INFINITY;
      input.setFloat(random.nextLong(input.size()), special);
    }
    var model = new SmallModel(input);
    long[] w = new long[rank + 2];
    w[0] = channels * multiplier;
    w[1] = 1;
    System.arraycopy(kernel, 0, w, 2, rank);
    var attributes = new LinkedHashMap<String, Attribute>();
    attributes.put("group", Attribute.of(channels));
    attributes.put("strides", Attribute.of(strides));
    attributes.put("dilations", Attribute.of(dilations));
    attributes.put("pads", Attribute.of(pads));
    String weights = model.weight(random.gaussian(w));
    if (random.nextBoolean()) {
      model.then("Conv", attributes, weights, model.weight(random.gaussian(w[0])));
    } else {
      model.then("Conv", attributes, weights);
    }
    String before = model.last();
    switch (random.nextInt(6)) {
      case 0 -> model.then("Relu", Map.of());
      case 1 ->
          model.then(
              "Clip", Map.of(), model.weight(Tensor.scalar(0f)), model.weight(Tensor.scalar(6f)));
      case 2 -> model.then("HardSwish", Map.of());
      case 3 -> model.then("Sigmoid", Map.of()).then("Mul", Map.of(), before);
      default -> {}
    }
    String description =
        "%s %s strides %s dilations %s pads %s"
            .formatted(
                Arrays.toString(x),
                Arrays.toString(w),
                Arrays.toString(strides),
                Arrays.toString(dilations),
                Arrays.toString(pads));
    var plan = model.check(description, kernels, 1 + random.nextInt(4));
    if (strides[rank - 1] <= 2) {
      assertThat(plan.getFirst().kernel()).as(description).isEqualTo("depthwise");
    }
  }
}
