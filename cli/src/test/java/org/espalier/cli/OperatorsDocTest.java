package org.espalier.cli;

import java.io.IOException;
import java.util.Set;
import java.util.TreeSet;
import org.espalier.graph.eval.Evaluator;
import org.espalier.graph.infer.Shapes;
import org.espalier.graph.pass.Lowering;
import org.espalier.prune.coupling.Coupling;
import org.espalier.torch.TorchModel;
import org.junit.jupiter.api.Test;

/** {@code docs/operators.md} says what the tables of rules say; the property rewrites it. */
class OperatorsDocTest {
  @Test
  void thePageIsWhatTheTablesSay() throws IOException {
    new DocPage("operators.md", getClass()).is(page());
  }

  private static String page() {
    Set<String> shapes = Shapes.operators();
    Set<String> plain = Evaluator.operators();
    Set<String> torch = TorchModel.operators();
    Set<String> lowered = Lowering.operators();
    Set<String> channels = Coupling.operators();
    Set<String> all = new TreeSet<>(shapes);
    all.addAll(plain);
    all.addAll(torch);
    all.addAll(lowered);
    all.addAll(channels);
    var page = new StringBuilder();
    page.append("# Operators\n\nWhich operators have a rule, and where. The page is made from the");
    page.append(" tables of rules; a test fails when it is stale.\n\n");
    page.append(
        "Every operator is first brought into the form of the newest opset, so a rule holds");
    page.append(
        " for opset 7 to 28. *Lowered* operators are spelled out in others before they run.");
    page.append(
        " libtorch gives gradients; what it has no rule for is lowered, or computed in plain");
    page.append(
        " Java where no gradient is asked for. The engine has kernels for the operators that");
    page.append(
        " take time and computes the others in plain Java: `espalier inspect --plan` tells.");
    page.append(
        " Channels are those that structural pruning can follow through the operator, or through");
    page.append(
        " what it is lowered to; any other operator freezes what it touches: `espalier inspect");
    page.append(" --coupling` tells.\n\n");
    page.append("| operator | shapes | libtorch | plain Java | lowered | channels |\n");
    page.append("| --- | --- | --- | --- | --- | --- |\n");
    for (String operator : all) {
      page.append("| %s |".formatted(operator))
          .append(mark(shapes.contains(operator)))
          .append(mark(torch.contains(operator)))
          .append(mark(plain.contains(operator)))
          .append(mark(lowered.contains(operator)))
          .append(mark(channels.contains(operator)))
          .append('\n');
    }
    return page.toString();
  }

  private static String mark(boolean has) {
    return has ? " yes |" : " |";
  }
}
