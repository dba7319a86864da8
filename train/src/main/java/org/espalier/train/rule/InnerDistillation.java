package org.espalier.train.rule;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.torch.LinearAlgebra;
import org.espalier.torch.Mode;
import org.espalier.train.Pass;
import org.espalier.train.Step;
import org.espalier.train.TrainingRule;
import org.espalier.train.data.Digest;

/**
 * Inner distillation (Aflalo et al., "Knapsack Pruning with Inner Distillation", 2020): the network
 * is also to give what its teacher, mostly the network before it was pruned, gives at the end of
 * each block.
 *
 * <p>Where the teacher has more channels there, they are compared with the linear function of the
 * network's that comes nearest to them. The paper trains that function along; here it is solved for
 * each batch, so that nothing needs to be remembered. The gradient is the same at the optimum.
 *
 * @param values the names that both networks have for what is compared
 * @param weight of the mean squared distance, which is averaged over all values
 */
public record InnerDistillation(Model teacher, Set<String> values, double weight)
    implements TrainingRule {
  private static final double DAMPING = 1e-6;

  public InnerDistillation {
    values = Set.copyOf(values);
    if (!(weight >= 0)) {
      throw new InvalidInputException(
          "a teacher's inner values weigh %s, expected 0 or more".formatted(weight));
    }
    Set<String> known = teacher.graph().producers().keySet();
    for (String value : values) {
      if (!known.contains(value)) {
        throw new InvalidInputException("the teacher has no value named '" + value + "'");
      }
    }
  }

  /**
   * Compares the ends of residual blocks, or where there are none, what the last layer reads.
   *
   * @throws InvalidInputException where the networks have no such value in common
   */
  public static InnerDistillation of(Model student, Model teacher, double weight) {
    Set<String> values = ends(student.graph());
    values.retainAll(teacher.graph().producers().keySet());
    if (values.isEmpty()) {
      throw new InvalidInputException(
          "network and teacher have no end of a residual block of the same name");
    }
    return new InnerDistillation(teacher, values, weight);
  }

  private static Set<String> ends(Graph graph) {
    Map<String, Node> producers = graph.producers();
    var ends = new LinkedHashSet<String>();
    var read = new LinkedHashSet<String>();
    for (Node node : graph.nodes()) {
      if (node.is("Add") && node.inputs().stream().allMatch(producers::containsKey)) {
        ends.add(node.outputs().getFirst());
      }
      if (List.of("Conv", "Gemm", "MatMul").contains(node.op())) {
        read.clear();
        read.add(node.inputs().getFirst());
      }
    }
    return ends.isEmpty() ? read : ends;
  }

  @Override
  public String describe() {
    return "inner distillation, %s at %s, teacher %s"
        .formatted(weight, values.stream().sorted().toList(), Digest.ofWeights(teacher));
  }

  @Override
  public Set<String> taps(Step step) {
    return values;
  }

  @Override
  public Tensor loss(Step step, Pass pass, Tensor loss) {
    Pass wanted;
    try (var _ = new AutoGradMode(false)) {
      wanted = step.frozen(teacher).show(pass.examples(), pass.targets(), Mode.EVAL, values);
    }
    Tensor sum = loss;
    for (String value : values.stream().sorted().toList()) {
      Tensor distance = distance(value, pass.tap(value), wanted.tap(value));
      sum = sum.add(distance, new Scalar(weight / values.size()));
    }
    return sum;
  }

  /** The mean squared distance of two values, channels matched where there are fewer. */
  static Tensor distance(String name, Tensor student, Tensor teacher) {
    Tensor given = rows(student);
    Tensor wanted = rows(teacher);
    if (given.size(0) != wanted.size(0)) {
      throw new InvalidInputException(
          "value '%s' has %d places, the teacher's %d"
              .formatted(name, given.size(0), wanted.size(0)));
    }
    boolean same = given.size(1) == wanted.size(1);
    return torch.mse_loss(same ? given : given.mm(nearest(given, wanted)), wanted);
  }

  /** Channels last. */
  private static Tensor rows(Tensor value) {
    Tensor last = value.dim() > 3 ? value.movedim(1, -1) : value;
    return last.reshape(-1, last.size(-1));
  }

  /** The matrix that brings rows nearest to others. */
  private static Tensor nearest(Tensor from, Tensor to) {
    try (var _ = new AutoGradMode(false)) {
      Tensor x = LinearAlgebra.real(from.detach());
      Tensor gram = LinearAlgebra.damped(x.t().mm(x), DAMPING);
      Tensor matrix = LinearAlgebra.solve(gram, x.t().mm(LinearAlgebra.real(to.detach())));
      return matrix.to(from.scalar_type());
    }
  }
}
