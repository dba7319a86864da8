package org.espalier.graph.infer;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.UnsupportedModelException;
import org.espalier.graph.eval.Evaluator;

/**
 * The contents of small outputs of a node whose inputs are all constants. What rules don't follow
 * by themselves, fractions above all, is computed here.
 */
final class Folding {
  /** From here on the cheap operators have the form that the evaluator knows. */
  private static final long NEWEST_FORM = 18;

  /** Operators that never changed their form. */
  private static final Set<String> CONSTANT_FORM =
      Set.of(
          "Abs",
          "Add",
          "And",
          "Cast",
          "Ceil",
          "Concat",
          "Cos",
          "Div",
          "Equal",
          "Erf",
          "Exp",
          "Expand",
          "Floor",
          "Gather",
          "GatherND",
          "Greater",
          "GreaterOrEqual",
          "Less",
          "LessOrEqual",
          "Log",
          "MatMul",
          "Max",
          "Min",
          "Mod",
          "Mul",
          "Neg",
          "NonZero",
          "Not",
          "Or",
          "Pow",
          "Range",
          "Reciprocal",
          "Reshape",
          "Round",
          "ScatterND",
          "Sigmoid",
          "Sign",
          "Sin",
          "Sqrt",
          "Sub",
          "Tanh",
          "Tile",
          "Transpose",
          "Where",
          "Xor");

  /** Others that take a time in proportion to their small inputs and outputs. */
  private static final Set<String> CHEAP =
      Set.of(
          "ArgMax",
          "ArgMin",
          "Clip",
          "ConstantOfShape",
          "CumSum",
          "Flatten",
          "GatherElements",
          "OneHot",
          "Pad",
          "ReduceL2",
          "ReduceMax",
          "ReduceMean",
          "ReduceMin",
          "ReduceProd",
          "ReduceSum",
          "ScatterElements",
          "Slice",
          "Split",
          "Squeeze",
          "TopK",
          "Trilu",
          "Unsqueeze");

  private Folding() {}

  static void fold(Call call) {
    Node node = call.node();
    if (!node.isStandard()
        || !Evaluator.supports(node)
        || !(CONSTANT_FORM.contains(node.op())
            || (call.opset() >= NEWEST_FORM && CHEAP.contains(node.op())))
        || !isOpen(call)) {
      return;
    }
    var inputs = new ArrayList<Tensor>();
    for (int k = 0; k < call.inputs(); k++) {
      Optional<Tensor> tensor = call.tensor(k).filter(known -> known.size() <= Contents.LIMIT);
      if (call.has(k) && tensor.isEmpty()) {
        return;
      }
      inputs.add(tensor.orElse(null));
    }
    if (inputs.isEmpty()) {
      return;
    }
    List<Tensor> outputs;
    try {
      outputs = Evaluator.evaluate(node, inputs);
    } catch (UnsupportedModelException unsupported) {
      return; // an element type, say: the shape stands
    }
    for (int k = 0; k < call.outputs(); k++) {
      if (outputs.get(k) != null) {
        call.set(k, Fact.of(outputs.get(k)));
      }
    }
  }

  /** Whether an output's contents aren't known and, by its shape, are few. */
  private static boolean isOpen(Call call) {
    for (Fact fact : call.results()) {
      if (fact.dims() == null || fact.tensor().isPresent()) {
        return false;
      }
      boolean few =
          fact.dims().isFixed()
              ? fact.dims().elements().fixed() <= Contents.LIMIT
              : call.node().is("NonZero");
      if (!few) {
        return false;
      }
    }
    return true;
  }
}
