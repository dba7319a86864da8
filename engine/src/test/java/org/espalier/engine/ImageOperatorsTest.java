package org.espalier.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import org.espalier.engine.kernel.Kernels;
import org.espalier.graph.Attribute;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What stands around convolutions, against ONNX Runtime. */
class ImageOperatorsTest {
  private final SeededRandom random = SeededRandom.fresh();

  private long pick(long... numbers) {
    return numbers[random.nextInt(numbers.length)];
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nearest asymmetric floor",
        "nearest half_pixel round_prefer_floor",
        "nearest align_corners round_prefer_ceil",
        "linear half_pixel floor",
        "linear align_corners floor",
        "linear asymmetric floor",
        "linear pytorch_half_pixel floor"
      })
  void resize(String modes) {
    String[] mode = modes.split(" ", -1);
    for (int k = 0; k < 10; k++) {
      Tensor x = random.gaussian(pick(1, 2), pick(1, 3, 17), pick(1, 2, 5, 13), pick(1, 3, 7, 16));
      var attributes = new LinkedHashMap<String, Attribute>();
      attributes.put("mode", Attribute.of(mode[0]));
      attributes.put("coordinate_transformation_mode", Attribute.of(mode[1]));
      attributes.put("nearest_mode", Attribute.of(mode[2]));
      var model = new SmallModel(x);
      if (k % 2 == 0) {
        float scale = random.nextBoolean() ? 2 : 3;
        String scales = model.weight(Tensor.of(new float[] {1, 1, scale, 2}, 4));
        model.then("Resize", attributes, "", scales);
      } else {
        long[] sizes = {x.dim(0), x.dim(1), pick(1, 3, 8, 26), pick(2, 5, 14)};
        model.then("Resize", attributes, "", "", model.weight(Tensor.of(sizes, 4)));
      }
      var plan = model.check(x + " " + modes, Kernels.best(), 1 + k % 2);
      assertThat(plan.getFirst().kernel()).isEqualTo("resize");
    }
  }

  @Test
  void activationsWithNumbers() {
    for (int k = 0; k < 12; k++) {
      Tensor x = random.gaussian(1, pick(1, 3, 17), pick(1, 7, 13), pick(1, 3, 70));
      x.setFloat(random.nextLong(x.size()), Float.NEGATIVE_INFINITY);
      float alpha = new float[] {0.01f, 0.2f, 1.5f}[random.nextInt(3)];
      String op = k % 2 == 0 ? "LeakyRelu" : "HardSigmoid";
      var plan =
          new SmallModel(x)
              .then(op, Map.of("alpha", Attribute.of(alpha)))
              .check(op + " " + alpha, k % 5 == 0 ? Kernels.scalar(8) : Kernels.best(), 1);
      assertThat(plan.getFirst().kernel()).isEqualTo("elementwise");
    }
  }

  @Test
  void transposedConvolution() {
    for (int k = 0; k < 30; k++) {
      long group = pick(1, 1, 1, 2);
      long in = group * pick(1, 3, 5);
      long out = pick(1, 2, 7);
      long stride = pick(1, 2, 2, 3);
      long[] kernel = {pick(1, 2, 3, 4), pick(1, 2, 3, 4)};
      long[] dilations = {pick(1, 1, 2), pick(1, 1, 2)};
      long[] pads = new long[4];
      long[] extra = new long[2];
      for (int axis = 0; axis < 2; axis++) {
        long window = (kernel[axis] - 1) * dilations[axis] + 1;
        pads[axis] = random.nextLong(Math.min(3, window));
        pads[axis + 2] = random.nextLong(Math.min(3, window));
        extra[axis] = random.nextLong(stride);
      }
      Tensor x = random.gaussian(pick(1, 2), in, pick(3, 5, 13), pick(3, 7, 16));
      var attributes = new LinkedHashMap<String, Attribute>();
      attributes.put("group", Attribute.of(group));
      attributes.put("strides", Attribute.of(stride, stride));
      attributes.put("dilations", Attribute.of(dilations));
      attributes.put("pads", Attribute.of(pads));
      attributes.put("output_padding", Attribute.of(extra));
      var model = new SmallModel(x);
      String w = model.weight(random.gaussian(in, out, kernel[0], kernel[1]));
      if (random.nextBoolean()) {
        model.then("ConvTranspose", attributes, w, model.weight(random.gaussian(out * group)));
      } else {
        model.then("ConvTranspose", attributes, w);
      }
      model.check(x + " " + attributes, Kernels.best(), 1 + k % 2);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"DCR", "CRD"})
  void depthToSpace(String mode) {
    for (int block = 1; block <= 3; block++) {
      Tensor x = random.gaussian(pick(1, 2), pick(1, 5) * block * block, pick(1, 7), pick(3, 13));
      var attributes = Map.of("blocksize", Attribute.of((long) block), "mode", Attribute.of(mode));
      var plan =
          new SmallModel(x).then("DepthToSpace", attributes).check(x + mode, Kernels.best(), 1);
      assertThat(plan.getFirst().kernel()).isEqualTo("interleave");
    }
  }

  @Test
  void instanceNormalization() {
    for (int k = 0; k < 10; k++) {
      Tensor x = random.gaussian(pick(1, 2), pick(1, 3, 17), pick(2, 7, 13), pick(1, 3, 40));
      var model = new SmallModel(x);
      String scale = model.weight(random.gaussian(x.dim(1)));
      String shift = model.weight(random.gaussian(x.dim(1)));
      var plan =
          model
              .then("InstanceNormalization", Map.of(), scale, shift)
              .check(x.toString(), k % 4 == 0 ? Kernels.scalar(8) : Kernels.best(), 1 + k % 2);
      assertThat(plan.getFirst().kernel()).isEqualTo("normalise");
    }
  }
}
