package org.espalier.study.arena;

import java.util.LinkedHashMap;
import java.util.Map;
import org.espalier.graph.Constants;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.prune.Layer;
import org.espalier.prune.Layers;
import org.espalier.prune.evidence.Evidence;
import org.espalier.torch.Libtorch;
import org.espalier.train.data.Splits;

/** One entry pruned and judged: a row. */
record Cell(Entry entry, String identity, Model model, Splits data, Judge judge, int threads) {

  /** The row; a failure leaves its reason in it. */
  Row row(Evidence evidence) {
    try {
      return Libtorch.limited(threads, () -> judged(evidence));
    } catch (RuntimeException failure) {
      String reason = failure.getMessage();
      return Row.failed(
          entry,
          identity,
          reason == null
              ? failure.getClass().getSimpleName()
              : reason.lines().findFirst().orElse(reason));
    } catch (OutOfMemoryError tooLarge) {
      return Row.failed(entry, identity, "not enough memory: " + tooLarge.getMessage());
    }
  }

  private Row judged(Evidence evidence) {
    Entry.Pruned pruned = entry.prune(model, evidence, data, judge.test(), threads);
    Judge.Verdict verdict = judge.of(pruned.model(), threads);
    Measure measure = judge.measure();
    if (Double.isNaN(measure.of(verdict.evaluation()))
        || Double.isNaN(verdict.evaluation().loss())) {
      return Row.failed(entry, identity, "the pruned network's answers are no numbers");
    }
    return new Row(
        entry.name(),
        entry.budget().toString(),
        pruned.reached(),
        entry.seed(),
        measure == Measure.ACCURACY ? verdict.evaluation().percent() : null,
        measure == Measure.PERPLEXITY ? verdict.evaluation().perplexity() : null,
        verdict.evaluation().loss(),
        (double) pruned.after().nonzeros() / pruned.before().parameters(),
        sparsity(pruned.model()),
        judge.changes(verdict),
        pruned.seconds(),
        "",
        identity);
  }

  /** The share of each layer's weights that are zero or gone, in the order of the network. */
  private Map<String, Double> sparsity(Model pruned) {
    Map<String, Tensor> left = Constants.of(pruned.graph());
    var sparsity = new LinkedHashMap<String, Double>();
    for (Layer layer : Layers.of(model).layers()) {
      Tensor tensor = left.get(layer.weight());
      double kept = tensor == null ? 0 : (double) tensor.nonzeros() / layer.size();
      sparsity.put(layer.weight(), Math.round(1e4 * (1 - kept)) / 1e4);
    }
    return sparsity;
  }
}
