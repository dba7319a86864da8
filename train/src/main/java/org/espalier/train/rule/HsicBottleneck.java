package org.espalier.train.rule;

import java.util.Set;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.graph.InvalidInputException;
import org.espalier.train.Pass;
import org.espalier.train.Step;
import org.espalier.train.TrainingRule;

/**
 * Hidden layers are to forget the input and remember the label (Ma et al., 2020, arXiv:1908.01580):
 * the loss gets {@code sum over l of input * nHSIC(Z_l, X) - label * nHSIC(Z_l, Y)}, with the
 * normalised Hilbert-Schmidt independence criterion over a batch. Networks that do so are harder to
 * fool by small changes of the input (Wang et al., 2021, arXiv:2106.02734).
 *
 * @param input the weight of what a layer knows of the input
 * @param label the weight of what it knows of the label
 * @param sigma the width of the Gaussian kernel, in units of an element's root mean square
 * @param from the first step that has the term
 */
public record HsicBottleneck(double input, double label, double sigma, long from)
    implements TrainingRule {
  private static final double EPSILON = 1e-5;

  public HsicBottleneck {
    if (!(input >= 0 && label >= 0 && sigma > 0)) {
      throw new InvalidInputException(
          "HSIC weights %s and %s with sigma %s, expected 0 or more, and sigma more"
              .formatted(input, label, sigma));
    }
  }

  @Override
  public void begin(Step step) {
    if (!step.data().isLabelled()) {
      throw new InvalidInputException("the HSIC bottleneck needs one label for each example");
    }
  }

  @Override
  public Set<String> taps(Step step) {
    return step.index() < from ? Set.of() : HiddenValues.of(step);
  }

  @Override
  public Tensor loss(Step step, Pass pass, Tensor loss) {
    if (step.index() < from) {
      return loss;
    }
    Tensor examples = dependence(gaussian(pass.examples(), sigma));
    Tensor labels = dependence(linear(torch.one_hot(pass.targets(), step.data().classes())));
    Tensor sum = loss;
    for (String name : HiddenValues.of(step)) {
      Tensor hidden = dependence(gaussian(pass.tap(name), sigma));
      sum = sum.add(common(hidden, examples).to(loss.scalar_type()), new Scalar(input));
      sum = sum.sub(common(hidden, labels).to(loss.scalar_type()), new Scalar(label));
    }
    return sum;
  }

  /** {@code exp(-||a - b||^2 / (2 sigma^2 dim))} of all pairs of a batch, in float64. */
  static Tensor gaussian(Tensor batch, double sigma) {
    Tensor rows = batch.reshape(batch.size(0), -1).to(ScalarType.Double);
    Tensor squares = rows.square().sum(new long[] {1}, true, null);
    Tensor distances =
        squares.add(squares.t()).sub(rows.mm(rows.t()), new Scalar(2.0)).clamp_min(new Scalar(0.0));
    return distances.mul(new Scalar(-1 / (2 * sigma * sigma * rows.size(1)))).exp();
  }

  /** The inner products of all pairs of a batch, in float64. */
  static Tensor linear(Tensor batch) {
    Tensor rows = batch.reshape(batch.size(0), -1).to(ScalarType.Double);
    return rows.mm(rows.t());
  }

  /** {@code Kc (Kc + epsilon m I)^-1} of a kernel of m examples, where {@code Kc = K H}. */
  static Tensor dependence(Tensor kernel) {
    long m = kernel.size(0);
    Tensor centred = kernel.sub(kernel.mean(new long[] {1}, true, null));
    Tensor eye = torch.eye(m, new TensorOptions(ScalarType.Double)).mul(new Scalar(EPSILON * m));
    return centred.mm(torch.linalg_inv(centred.add(eye)));
  }

  /** The normalised criterion of what two dependences are made of: the trace of their product. */
  static Tensor common(Tensor a, Tensor b) {
    return a.mul(b.t()).sum();
  }
}
