package org.espalier.prune.repair;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.prune.coupling.Removal;
import org.espalier.torch.Libtorch;
import org.espalier.torch.PausingPass;

/**
 * The fit of one layer over all batches.
 *
 * <p>Where only a ReLU reads the target, its negative values are never seen. What the layer gives
 * there may be anything that isn't positive: the layer is fitted, what it gives becomes the aim
 * where it's allowed, and so on for some rounds, each of which brings the rectified outputs nearer.
 */
final class Fitting {
  /** Rounds of a target behind which a ReLU follows. */
  private static final int ROUNDS = 4;

  /**
   * A convolution has thousands of rows an image, much alike: this many for each column will do.
   */
  private static final long ROWS_PER_COLUMN = 256;

  /** Elements of inputs that are kept over the rounds. */
  private static final long KEPT = 1L << 27;

  private final Fit fit;
  private final PausingPass given;
  private final List<org.espalier.graph.Tensor> aims = new ArrayList<>();
  private final List<org.espalier.graph.Tensor> floors = new ArrayList<>();
  private final List<long[]> places = new ArrayList<>();
  private final List<org.espalier.graph.Tensor> inputs = new ArrayList<>();

  /**
   * Takes what the layer is to make from the pass of the original.
   *
   * @param samples how many examples all batches have
   */
  Fitting(Fit fit, Removal removal, long samples, PausingPass wanted, PausingPass given) {
    this.fit = fit;
    this.given = given;
    Target target = fit.target();
    wanted.until(
        target.value(),
        value -> {
          Tensor rows = fit.rows(value, fit.kept(removal, value));
          long[] taken = places(rows.size(0) / value.size(0), samples);
          places.add(taken);
          aims.add(Libtorch.copy(Fit.taken(rows, value.size(0), taken)));
        });
    if (target.shortcut() != null) {
      given.until(
          target.shortcut(),
          value -> {
            int batch = floors.size();
            Tensor rows = Fit.taken(fit.rows(value), value.size(0), places.get(batch));
            Libtorch.view(aims.get(batch)).sub_(rows);
            floors.add(Libtorch.copy(rows.neg()));
          });
    }
  }

  /** Which of an example's rows are used; none given means all. */
  private long[] places(long perExample, long samples) {
    long columns = fit.layer().columns();
    long enough = Math.ceilDiv(Math.min(ROWS_PER_COLUMN * columns, KEPT / columns), samples);
    if (!fit.isConvolution() || enough >= perExample) {
      return new long[0];
    }
    return new SplittableRandom(places.size())
        .longs(0, perExample)
        .distinct()
        .limit(enough)
        .sorted()
        .toArray();
  }

  /** The equations, solved. */
  NormalEquations solved(Tensor matrix, boolean intercept, double damping) {
    var equations = new NormalEquations(matrix, intercept);
    each(
        (x, batch) -> {
          equations.addInputs(x);
          equations.addOutputs(x, fit.output(Libtorch.view(aims.get(batch))));
        });
    equations.solve(damping);
    for (int round = 1; round < ROUNDS && fit.target().rectified(); round++) {
      equations.forgetOutputs();
      each((x, batch) -> equations.addOutputs(x, fit.output(aim(equations.outputs(x), batch))));
      equations.solve(damping);
    }
    return equations;
  }

  /** What the layer is to make where it makes these outputs now. */
  private Tensor aim(Tensor outputs, int batch) {
    Tensor aim = Libtorch.view(aims.get(batch));
    Tensor floor = floors.isEmpty() ? torch.zeros_like(aim) : Libtorch.view(floors.get(batch));
    Tensor now = fit.value(outputs).to(aim.scalar_type());
    return torch.where(aim.le(floor), torch.minimum(now, floor), aim);
  }

  private interface Rows {
    void accept(Tensor inputs, int batch);
  }

  /** Goes through all batches; the inputs are kept where they will be needed again. */
  private void each(Rows action) {
    if (!inputs.isEmpty()) {
      for (int batch = 0; batch < inputs.size(); batch++) {
        try (var _ = new PointerScope()) {
          action.accept(Libtorch.view(inputs.get(batch)).to(ScalarType.Double), batch);
        }
      }
      return;
    }
    int[] batch = new int[1];
    given.until(
        fit.site().data(),
        data -> {
          Tensor x = fit.inputs(data, places.get(batch[0]));
          if (fit.target().rectified()) {
            inputs.add(Libtorch.copy(x));
          }
          action.accept(x.to(ScalarType.Double), batch[0]++);
        });
  }
}
