package org.espalier.study.latency;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;

/**
 * A layer apart from its widths: a convolution or a product with a constant matrix, which can be
 * made at any number of channels.
 *
 * @param attributes of the node, but the number of groups
 * @param input the shape of what it gets, 1 where the channels are
 * @param kernel the window of a convolution; empty for a product
 */
record Form(
    String op,
    Map<String, Attribute> attributes,
    List<Long> input,
    List<Long> kernel,
    boolean bias,
    long ir,
    long opset) {
  private static final String IN = "x";
  private static final String OUT = "y";

  /** Numbers for weights and inputs, none of them zero: zeros could be left out. */
  private static final float[] NOISE = noise(1 << 12);

  Form {
    attributes = new TreeMap<>(attributes);
    input = List.copyOf(input);
    kernel = List.copyOf(kernel);
  }

  private static float[] noise(int size) {
    var random = new Random(1);
    var noise = new float[size];
    for (int k = 0; k < size; k++) {
      noise[k] = (random.nextBoolean() ? 1 : -1) * (0.01f + random.nextFloat());
    }
    return noise;
  }

  /** All that its time depends on, but the widths. */
  String identity() {
    return String.join(
        ", ",
        op,
        attributes.toString(),
        input.toString(),
        kernel.toString(),
        Boolean.toString(bias),
        Long.toString(opset));
  }

  boolean isConvolution() {
    return !kernel.isEmpty();
  }

  /** The axis of the input that its channels are on. */
  int channelAxis() {
    return isConvolution() ? 1 : input.size() - 1;
  }

  /** What runs alike at other sizes of the image: the operator and its window. */
  String family() {
    return op + kernel + attributes.get("strides") + attributes.get("transB");
  }

  /** The layer as a model of its own. */
  Model at(Width width) {
    long[] x = input.stream().mapToLong(Long::longValue).toArray();
    x[channelAxis()] = width.in();
    var weights = new TreeMap<String, Tensor>();
    weights.put("w", filled(weightDims(width)));
    var inputs = new ArrayList<>(List.of(IN, "w"));
    if (bias) {
      weights.put("b", filled(width.out()));
      inputs.add("b");
    }
    var all = new TreeMap<>(attributes);
    if (isConvolution()) {
      all.put("group", Attribute.of(width.groups()));
    }
    Node node = Node.of(op, inputs, List.of(OUT)).withAttributes(all);
    return Model.of(
        new Graph(
            "layer",
            List.of(node),
            weights,
            List.of(ValueInfo.of(IN, DataType.FLOAT, Shape.of(x))),
            List.of(new ValueInfo(OUT, Type.tensor(DataType.FLOAT)))),
        ir,
        opset);
  }

  /** Something for the layer to work on. */
  Map<String, Tensor> inputs(Width width) {
    long[] x = input.stream().mapToLong(Long::longValue).toArray();
    x[channelAxis()] = width.in();
    return Map.of(IN, filled(x));
  }

  private long[] weightDims(Width width) {
    if (!isConvolution()) {
      return attributes.get("transB") instanceof Attribute.IntValue(long flag) && flag != 0
          ? new long[] {width.out(), width.in()}
          : new long[] {width.in(), width.out()};
    }
    boolean transposed = op.equals("ConvTranspose");
    long[] dims = new long[2 + kernel.size()];
    dims[0] = transposed ? width.in() : width.out();
    dims[1] = (transposed ? width.out() : width.in()) / width.groups();
    for (int k = 0; k < kernel.size(); k++) {
      dims[2 + k] = kernel.get(k);
    }
    return dims;
  }

  private static Tensor filled(long... dims) {
    Tensor tensor = Tensor.allocate(DataType.FLOAT, dims);
    Tensor noise = Tensor.of(NOISE, NOISE.length);
    long step = noise.data().byteSize();
    for (long at = 0; at < tensor.data().byteSize(); at += step) {
      long bytes = Math.min(step, tensor.data().byteSize() - at);
      tensor.data().asSlice(at, bytes).copyFrom(noise.data().asSlice(0, bytes));
    }
    return tensor;
  }

  /** Such as {@code Conv 3x3 on 1x?x14x14}. */
  @Override
  public String toString() {
    var sizes = new ArrayList<>(input.stream().map(String::valueOf).toList());
    sizes.set(channelAxis(), "?");
    String window =
        kernel.isEmpty()
            ? ""
            : " " + kernel.stream().map(String::valueOf).collect(Collectors.joining("x"));
    return op + window + " on " + String.join("x", sizes);
  }
}
