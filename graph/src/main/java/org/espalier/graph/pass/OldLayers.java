package org.espalier.graph.pass;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/** Old forms of normalisations, Dropout and the recurrent layers. */
final class OldLayers {
  private OldLayers() {}

  /** Nothing changed but hints to long-gone runtimes. */
  static void plain(Node node, Rewriter out) {
    out.emit(node.has("consumed_inputs") ? Upgrade.without(node, "consumed_inputs") : node);
  }

  /** Before opset 14, training showed in the number of outputs, which few exporters meant. */
  static void batchNormalization(Node node, Rewriter out) {
    if (out.opset() >= 14) {
      out.emit(node);
      return;
    }
    Node plain = Upgrade.without(node, "consumed_inputs", "is_test", "spatial");
    boolean training =
        node.outputs().stream().skip(1).anyMatch(out::isUsed) && node.integer("is_test", 0) == 0;
    if (training) {
      List<String> outputs = node.outputs().subList(0, Math.min(3, node.outputs().size()));
      out.emit(plain.withOutputs(outputs).with("training_mode", Attribute.of(1)));
    } else if (node.integer("spatial", 1) == 0) {
      everyElement(node, out);
    } else {
      out.emit(plain.withOutputs(node.outputs().subList(0, 1)));
    }
  }

  /** Statistics for each element of a sample, not for each channel. */
  private static void everyElement(Node node, Rewriter out) {
    List<String> in = node.inputs();
    String variance = in.get(4);
    String epsilon = out.scalar(node.real("epsilon", 1e-5f), variance);
    String deviation = out.add("Sqrt", out.add("Add", variance, epsilon));
    String normal = out.add("Div", out.add("Sub", in.get(0), in.get(3)), deviation);
    out.finish("Add", out.add("Mul", normal, in.get(1)), in.get(2));
  }

  /** Before opset 21, scale and bias were given for each group, not for each channel. */
  static void groupNormalization(Node node, Rewriter out) {
    if (out.opset() >= 21) {
      out.emit(node);
      return;
    }
    List<String> in = node.inputs();
    String groups = out.ints(node.integer("num_groups", 1));
    String each = out.add("Div", out.sizes(in.get(0), 1, 2), groups);
    String shape = out.join(groups, each);
    var inputs = new ArrayList<>(in.subList(0, 1));
    for (String parameter : in.subList(1, 3)) {
      String repeated = out.add("Expand", out.add("Unsqueeze", parameter, out.ints(1)), shape);
      inputs.add(out.add("Reshape", repeated, out.ints(-1)));
    }
    out.emit(node.withInputs(inputs));
  }

  /** Dropout passes its input on unless the file asks for training. */
  static void dropout(Node node, Rewriter out) {
    String x = node.inputs().getFirst();
    if (out.keeps("Dropout")) {
      Node plain = Upgrade.without(node, "ratio", "is_test", "consumed_inputs");
      out.emit(
          out.opset() >= 12
              ? node
              : plain.withInputs(
                  List.of(x, out.constant(Tensor.scalar(node.real("ratio", 0.5f))))));
      return;
    }
    Optional<String> mode = out.opset() >= 12 ? node.input(2) : Optional.empty();
    boolean inference =
        mode.isEmpty() || out.content(mode.get()).filter(m -> m.integerAt(0) == 0).isPresent();
    boolean nothing =
        node.input(1).flatMap(out::content).filter(ratio -> ratio.realAt(0) == 0).isPresent();
    if (!inference && !nothing) {
      out.emit(node);
      return;
    }
    out.finish("Identity", x);
    if (node.output(1).filter(out::isUsed).isPresent()) {
      Tensor yes = Scalars.vector(DataType.BOOL, 1);
      String mask =
          out.add("ConstantOfShape", Map.of("value", Attribute.of(yes)), out.add("Shape", x));
      out.output(1, out.opset() < 10 ? out.castLike(mask, x) : mask);
    }
  }

  /** A batch-first layout becomes the time-first one that all have. */
  static void recurrent(Node node, Rewriter out) {
    Node plain = Upgrade.without(node, "layout", "output_sequence");
    if (node.integer("layout", 0) == 0) {
      out.emit(plain);
      return;
    }
    var inputs = new ArrayList<>(node.inputs());
    for (int k : new int[] {0, 5, 6}) {
      if (node.input(k).isPresent()) {
        inputs.set(k, out.add("Transpose", perm(1, 0, 2), inputs.get(k)));
      }
    }
    var outputs = new ArrayList<String>();
    for (String output : node.outputs()) {
      outputs.add(output.isEmpty() ? "" : out.fresh("time_first"));
    }
    out.emit(plain.withInputs(inputs).withOutputs(outputs));
    for (int k = 0; k < outputs.size(); k++) {
      if (!outputs.get(k).isEmpty()) {
        out.emit(
            Node.of(
                "Transpose",
                List.of(outputs.get(k)),
                List.of(node.outputs().get(k)),
                k == 0 ? perm(2, 0, 1, 3) : perm(1, 0, 2)));
      }
    }
  }

  private static Map<String, Attribute> perm(long... axes) {
    return Map.of("perm", Attribute.of(axes));
  }
}
