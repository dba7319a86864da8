package org.espalier.prune.proof;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.espalier.graph.DataType;
import org.espalier.graph.Model;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.infer.Shapes;
import org.espalier.prune.Count;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.rewrite.Costs;
import org.espalier.prune.rewrite.Ordering;
import org.espalier.prune.rewrite.Rewriting;
import org.espalier.reference.Agreement;
import org.espalier.torch.TorchModel;

/** The battery without ONNX Runtime: all in double precision, where nothing is noise. */
public final class Proofs {
  private static final double EXACT = 1e-8;

  private Proofs() {}

  /** What doesn't hold in some random removals; an exception counts. */
  public static List<String> failures(Coupling coupling, Random random, int trials) {
    var failures = new ArrayList<String>();
    try {
      Permutation permutation = Permutation.of(coupling);
      Masked masked = Masked.of(coupling);
      ConsumerZero zero = ConsumerZero.of(coupling);
      for (int trial = 0; trial < trials && failures.isEmpty(); trial++) {
        Map<String, Tensor> inputs = inputs(coupling.model(), random);
        Map<String, Tensor> original = run(coupling.model(), inputs);
        int[] places = permutation.shuffled(random);
        compare(
            "reordered",
            original,
            run(permutation.model(), permutation.inputs(inputs, places)),
            failures);
        Removal removal = RandomRemoval.draw(coupling, random.nextLong());
        Map<String, Tensor> smaller = run(Rewriting.of(removal).model(), inputs);
        compare("masked", run(masked.model(), masked.inputs(inputs, removal)), smaller, failures);
        if (zero.applies(removal, masked)) {
          compare("zero", run(zero.model(), zero.inputs(inputs, removal)), smaller, failures);
        }
      }
    } catch (RuntimeException | AssertionError refused) {
      failures.add(refused.toString());
    }
    return failures;
  }

  /** What doesn't hold in some random removals across seams, in their order and a better one. */
  public static List<String> acrossSeams(Coupling coupling, Random random, int trials) {
    var failures = new ArrayList<String>();
    try {
      Masked masked = Masked.of(coupling);
      for (int trial = 0; trial < trials && failures.isEmpty(); trial++) {
        Map<String, Tensor> inputs = inputs(coupling.model(), random);
        Removal drawn = RandomRemoval.draw(coupling, random.nextLong());
        BitSet implied = coupling.implied(drawn.channels(), new BitSet());
        for (Removal removal : List.of(drawn, new Removal(coupling, implied))) {
          Map<String, Tensor> expected = run(masked.model(), masked.inputs(inputs, removal));
          Model plain = Rewriting.of(removal).model();
          Model ordered = Rewriting.of(Ordering.of(removal)).model();
          compare("masked", expected, run(plain, inputs), failures);
          compare("ordered", expected, run(ordered, inputs), failures);
          if (Count.of(plain).parameters() != Count.of(ordered).parameters()
              || Costs.of(coupling).parameters(removal) != Count.of(plain).parameters()) {
            failures.add("parameters differ");
          }
          if (count(ordered, "Gather") > count(plain, "Gather")) {
            failures.add("more is gathered in the new order");
          }
        }
      }
    } catch (RuntimeException | AssertionError refused) {
      failures.add(refused.toString());
    }
    return failures;
  }

  private static long count(Model model, String op) {
    return model.graph().nodes().stream().filter(node -> node.is(op)).count();
  }

  private static Map<String, Tensor> inputs(Model model, Random random) {
    var inputs = new LinkedHashMap<String, Tensor>();
    Shapes shapes = Shapes.infer(model);
    for (ValueInfo input : model.graph().requiredInputs()) {
      Shape shape = shapes.shape(input.name()).orElseThrow();
      DataType type = shapes.element(input.name()).orElse(DataType.FLOAT);
      Tensor tensor =
          Tensor.allocate(type, shape.dims().stream().mapToLong(dim -> dim.sizeOr(2)).toArray());
      for (long k = 0; k < tensor.size(); k++) {
        tensor.setReal(k, type.isFloat() ? random.nextGaussian() : random.nextInt(5));
      }
      inputs.put(input.name(), tensor);
    }
    return inputs;
  }

  private static Map<String, Tensor> run(Model model, Map<String, Tensor> inputs) {
    try (TorchModel torch = TorchModel.of(DoublePrecision.of(model))) {
      return torch.run(DoublePrecision.of(inputs));
    }
  }

  private static void compare(
      String what,
      Map<String, Tensor> expected,
      Map<String, Tensor> actual,
      List<String> failures) {
    expected.forEach(
        (name, tensor) -> {
          Agreement agreement = Agreement.of(tensor, actual.get(name), EXACT);
          if (!agreement.holds()) {
            failures.add(what + ": " + agreement.reason());
          }
        });
  }
}
