package org.espalier.graph.build;

import java.util.ArrayList;
import java.util.Map;
import org.espalier.graph.Attribute;
import org.espalier.graph.Dim;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Shape;

/** The layers with weights of which {@link Value} speaks. */
final class Layers {
  private Layers() {}

  static Value conv(Value x, String name, int filters, Conv form) {
    GraphBuilder g = x.builder();
    int k = form.kernel();
    if (x.channels() % form.groups() != 0 || filters % form.groups() != 0) {
      throw new InvalidInputException(
          "'%s': %d channels and %d filters in %d groups"
              .formatted(name, x.channels(), filters, form.groups()));
    }
    var inputs = new ArrayList<Value>();
    inputs.add(x);
    long inputsEach = x.channels() / form.groups();
    inputs.add(g.weight(name + ".weight", form.init(), filters, inputsEach, k, k));
    if (form.bias()) {
      inputs.add(g.weight(name + ".bias", Init.constant(0), filters));
    }
    return g.node(
        name,
        "Conv",
        x.type(),
        Sizes.image(
            x,
            filters,
            size -> (size + 2L * form.pad() - form.dilation() * (k - 1L) - 1) / form.stride() + 1),
        Map.of(
            "kernel_shape", Attribute.of(k, k),
            "strides", Attribute.of(form.stride(), form.stride()),
            "pads", Attribute.of(form.pad(), form.pad(), form.pad(), form.pad()),
            "dilations", Attribute.of(form.dilation(), form.dilation()),
            "group", Attribute.of(form.groups())),
        inputs.toArray(Value[]::new));
  }

  static Value convTranspose(Value x, String name, int filters, int kernel, int stride) {
    GraphBuilder g = x.builder();
    double reach = (double) kernel * kernel / (stride * stride);
    Value weight =
        g.weight(
            name + ".weight",
            Init.kaimingNormal().fans(x.channels() * reach, filters * reach),
            x.channels(),
            filters,
            kernel,
            kernel);
    return g.node(
        name,
        "ConvTranspose",
        x.type(),
        Sizes.image(x, filters, size -> (size - 1) * stride + kernel),
        Map.of(
            "kernel_shape", Attribute.of(kernel, kernel),
            "strides", Attribute.of(stride, stride)),
        x,
        weight,
        g.weight(name + ".bias", Init.constant(0), filters));
  }

  static Value linear(Value x, String name, int units, Init init) {
    GraphBuilder g = x.builder();
    int features = x.size(-1);
    if (x.shape().rank() != 2) {
      Value bias = g.weight(name + ".bias", Init.constant(0), units);
      return matmul(x, name, units, init).add(bias);
    }
    Value weight = g.weight(name + ".weight", init, units, features);
    Value bias = g.weight(name + ".bias", Init.constant(0), units);
    Map<String, Attribute> transposed = Map.of("transB", Attribute.of(1));
    return g.node(
        name,
        "Gemm",
        x.type(),
        Sizes.withLast(x.shape(), Dim.of(units)),
        transposed,
        x,
        weight,
        bias);
  }

  static Value matmul(Value x, String name, int units, Init init) {
    GraphBuilder g = x.builder();
    int features = x.size(-1);
    Value weight = g.weight(name + ".weight", init.fans(features, units), features, units);
    return g.node(
        name, "MatMul", x.type(), Sizes.withLast(x.shape(), Dim.of(units)), Map.of(), x, weight);
  }

  static Value batchNorm(Value x, String name, double scale) {
    GraphBuilder g = x.builder();
    return g.node(
        name,
        "BatchNormalization",
        x.type(),
        x.shape(),
        Map.of("epsilon", Attribute.of(1e-5f), "momentum", Attribute.of(0.9f)),
        x,
        g.weight(name + ".weight", Init.constant(scale), x.channels()),
        g.weight(name + ".bias", Init.constant(0), x.channels()),
        g.weight(name + ".running_mean", Init.constant(0), x.channels()),
        g.weight(name + ".running_var", Init.constant(1), x.channels()));
  }

  static Value layerNorm(Value x, String name, float epsilon) {
    GraphBuilder g = x.builder();
    return g.node(
        name,
        "LayerNormalization",
        x.type(),
        x.shape(),
        Map.of("axis", Attribute.of(-1), "epsilon", Attribute.of(epsilon)),
        x,
        g.weight(name + ".weight", Init.constant(1), x.size(-1)),
        g.weight(name + ".bias", Init.constant(0), x.size(-1)));
  }

  static Value rmsNorm(Value x, String name, float epsilon) {
    GraphBuilder g = x.builder();
    Value square = g.node(name + ".square", "Mul", x.type(), x.shape(), Map.of(), x, x);
    Value root =
        square
            .follow("ReduceMean", Sizes.withLast(x.shape(), Dim.of(1)), Map.of(), g.integers(-1L))
            .add(g.real(epsilon))
            .then("Sqrt");
    return x.div(root).mul(g.weight(name + ".weight", Init.constant(1), x.size(-1)));
  }

  static Value embedding(Value x, String name, int entries, int features, Init init) {
    GraphBuilder g = x.builder();
    Value table = g.weight(name + ".weight", init, entries, features);
    var dims = new ArrayList<>(x.shape().dims());
    dims.add(Dim.of(features));
    return g.node(
        name, "Gather", table.type(), new Shape(dims), Map.of("axis", Attribute.of(0)), table, x);
  }
}
