package org.espalier.prune.evidence;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Node;
import org.espalier.torch.Patches;

/**
 * A place where a weight is multiplied with data.
 *
 * @param weight its name
 * @param dims its shape
 * @param node the Conv, ConvTranspose, Gemm or MatMul
 * @param data the name of the value that it's multiplied with
 * @param turned whether the weight is transposed on its way
 */
public record Site(String weight, List<Long> dims, Node node, String data, boolean turned) {
  private static final Set<String> PRODUCTS = Set.of("Conv", "ConvTranspose", "Gemm", "MatMul");

  /** All places where a constant is used as a weight, directly or turned on its way. */
  public static List<Site> of(
      Graph graph, Map<String, List<Node>> consumers, String weight, long[] dims) {
    var sites = new ArrayList<Site>();
    record Name(String name, boolean turned) {}
    var pending = new ArrayList<>(List.of(new Name(weight, false)));
    var seen = new HashSet<String>();
    while (!pending.isEmpty()) {
      Name next = pending.removeLast();
      String name = next.name();
      if (!seen.add(name)) {
        continue;
      }
      for (Node node : consumers.getOrDefault(name, List.of())) {
        if (node.isStandard() && PRODUCTS.contains(node.op())) {
          int data = node.inputs().indexOf(name) == 0 ? 1 : 0;
          List<Long> shape = LongStream.of(dims).boxed().toList();
          sites.add(new Site(weight, shape, node, node.inputs().get(data), next.turned()));
        } else if (node.is("Identity") || node.is("Transpose")) {
          pending.add(new Name(node.outputs().getFirst(), next.turned() ^ node.is("Transpose")));
        }
      }
    }
    if (sites.isEmpty()) {
      throw new InvalidInputException(
          "'%s' of graph '%s' is no weight of a product".formatted(weight, graph.name()));
    }
    return sites;
  }

  /** What tells the left factor of the product apart: sites with the same one share it. */
  List<Object> key() {
    return switch (node.op()) {
      case "Conv" -> List.of(data, node.attributes(), dims.subList(2, dims.size()));
      case "MatMul" -> List.of(data, isLeft(), dims.subList(0, dims.size() - 2));
      default -> List.of(data, node.op(), isLeft(), node.attributes());
    };
  }

  /** Whether the weight stands left of the data in the product. */
  private boolean isLeft() {
    return node.inputs().indexOf(data) == 1;
  }

  /**
   * The data as the left factor of the product.
   *
   * @return [groups, rows, columns]: columns as in the layer's view of the weight, rows by example
   *     where the data have the examples first
   */
  public Tensor rows(Tensor data) {
    return switch (node.op()) {
      case "Conv" ->
          Patches.of(node, data, dims.stream().skip(2).mapToLong(Long::longValue).toArray());
      case "ConvTranspose" -> channelsLast(data).reshape(1, -1, data.size(1));
      case "Gemm" -> {
        boolean turned = node.integer(isLeft() ? "transB" : "transA", 0) != 0;
        yield (turned ^ isLeft() ? data.t() : data).unsqueeze(0);
      }
      default -> matrices(isLeft() && data.dim() > 1 ? data.transpose(-1, -2) : data);
    };
  }

  /** The name of the product. */
  public String output() {
    return node.outputs().getFirst();
  }

  /** What the product is multiplied with. */
  double factor() {
    return node.op().equals("Gemm") ? node.real("alpha", 1) : 1;
  }

  /** Whether {@link #rows} go by the first axis of the data, and {@link #outputRows} likewise. */
  boolean hasRowsBySample() {
    return switch (node.op()) {
      case "Conv" -> true;
      case "Gemm" -> !isLeft() && node.integer("transA", 0) == 0;
      case "MatMul" -> dims.size() == 2;
      default -> false;
    };
  }

  /** Whether the weight's shape has outputs before inputs. */
  boolean outputsFirst() {
    boolean first =
        switch (node.op()) {
          case "Conv" -> true;
          case "Gemm" -> node.integer("transB", 0) != 0;
          default -> isLeft();
        };
    return first ^ turned;
  }

  /** What came to the product, in the rows of {@link #rows}: [groups, rows, outputs]. */
  public Tensor outputRows(Tensor product) {
    return switch (node.op()) {
      case "Conv" -> {
        long groups = node.integer("group", 1);
        yield channelsLast(product).reshape(-1, groups, product.size(1) / groups).permute(1, 0, 2);
      }
      case "Gemm" -> product.unsqueeze(0);
      default -> matrices(isLeft() && product.dim() > 1 ? product.transpose(-1, -2) : product);
    };
  }

  private static Tensor channelsLast(Tensor data) {
    long[] order = new long[(int) data.dim()];
    for (int k = 1; k < order.length - 1; k++) {
      order[k] = k + 1L;
    }
    order[order.length - 1] = 1;
    return data.permute(order);
  }

  /**
   * Data [..., rows, columns] by the matrices of a stacked weight, of which there is mostly one.
   */
  private Tensor matrices(Tensor data) {
    long columns = data.size(-1);
    int stacked = dims.size() - 2;
    if (stacked == 0) {
      return data.reshape(1, -1, columns);
    }
    int before = (int) data.dim() - 2;
    int lead = Math.max(0, before - stacked);
    long[] shape = new long[lead + stacked + 2];
    for (int axis = 0; axis < shape.length; axis++) {
      int from = axis - (shape.length - (int) data.dim());
      shape[axis] = from < 0 ? 1 : data.size(from);
    }
    for (int axis = 0; axis < stacked; axis++) {
      long size = dims.get(axis);
      if (shape[lead + axis] != size && shape[lead + axis] != 1) {
        throw new InvalidInputException(
            "node '%s': data with %d in an axis where the stack of weights '%s' has %d"
                .formatted(node.label(), shape[lead + axis], weight, size));
      }
      shape[lead + axis] = size;
    }
    long[] order = new long[shape.length];
    for (int axis = 0; axis < shape.length; axis++) {
      order[axis] = axis < stacked ? lead + axis : axis < stacked + lead ? axis - stacked : axis;
    }
    long groups = dims.subList(0, stacked).stream().reduce(1L, (a, b) -> a * b);
    return data.expand(shape).permute(order).reshape(groups, -1, columns);
  }

  @Override
  public String toString() {
    return "'%s' of node '%s' %s".formatted(weight, node.label(), Arrays.toString(dims.toArray()));
  }
}
