package org.espalier.study.latency;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.infer.Shapes;
import org.espalier.prune.coupling.Axis;
import org.espalier.prune.coupling.Coupling;

/**
 * A layer in its network.
 *
 * @param name the node's label
 * @param input the value it reads
 * @param weight its matrix
 * @param output the value it makes, by which it's known again in a smaller network
 * @param narrows whether channels that it reads may go
 * @param thins whether channels that it makes may go
 */
record Site(
    String name,
    String input,
    String weight,
    String output,
    Form form,
    Width width,
    boolean narrows,
    boolean thins) {

  /**
   * The layers of a model whose widths may change, in graph order.
   *
   * @param inputs the shapes of what the model is run on
   */
  static List<Site> of(Coupling coupling, Map<String, Shape> inputs) {
    Model model = coupling.model();
    Shapes shapes = Shapes.infer(model, inputs);
    var sites = new ArrayList<Site>();
    for (Node node : model.graph().nodes()) {
      of(node, model, shapes, coupling).filter(s -> s.narrows() || s.thins()).ifPresent(sites::add);
    }
    return sites;
  }

  private static Optional<Site> of(Node node, Model model, Shapes shapes, Coupling coupling) {
    boolean convolution = node.is("Conv") || node.is("ConvTranspose");
    if (!convolution && !node.is("Gemm") && !node.is("MatMul")) {
      return Optional.empty();
    }
    String weight = node.inputs().get(1);
    Tensor matrix = model.graph().initializers().get(weight);
    Optional<long[]> x = shapes.shape(node.inputs().getFirst()).flatMap(Shape::sizes);
    if (matrix == null
        || matrix.type() != DataType.FLOAT
        || (!convolution && matrix.rank() != 2)
        || x.isEmpty()
        || LongStream.of(x.get()).anyMatch(size -> size < 1)
        || node.integer("transA", 0) != 0) {
      return Optional.empty();
    }
    long[] kernel = convolution ? Arrays.copyOfRange(matrix.dims(), 2, matrix.rank()) : new long[0];
    var attributes = new HashMap<String, Attribute>(node.attributes());
    attributes.remove("group");
    long[] input = x.get().clone();
    int axis = convolution ? 1 : input.length - 1;
    int in = (int) input[axis];
    input[axis] = 1;
    int groups = (int) node.integer("group", 1);
    boolean outFirst = node.is("Conv") || node.integer("transB", 0) != 0;
    int out = (int) matrix.dim(outFirst ? 0 : 1) * (node.is("ConvTranspose") ? groups : 1);
    Form form =
        new Form(
            node.op(),
            attributes,
            list(input),
            list(kernel),
            node.input(2).isPresent(),
            model.irVersion(),
            model.opset());
    boolean thins = varies(coupling, weight, outFirst ? 0 : 1);
    boolean narrows = varies(coupling, weight, outFirst ? 1 : 0);
    return Optional.of(
        new Site(
            node.label(),
            node.inputs().getFirst(),
            weight,
            node.outputs().getFirst(),
            form,
            new Width(in, out, groups),
            narrows || (groups == in && thins),
            thins));
  }

  private static List<Long> list(long... sizes) {
    return LongStream.of(sizes).boxed().toList();
  }

  private static boolean varies(Coupling coupling, String weight, int axis) {
    return Arrays.stream(coupling.channelsAlong(new Axis(weight, axis))).anyMatch(c -> c >= 0)
        || (axis == 1 && coupling.balances().stream().anyMatch(b -> b.weight().equals(weight)));
  }
}
