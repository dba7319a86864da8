package org.espalier.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Where a training stands: steps made, epochs done, and the sums of the one under way. */
final class Standing {
  long step;
  double loss;
  long examples;
  long correct;
  long targets;
  double work;
  boolean counted;
  final List<Epoch> epochs = new ArrayList<>();

  void add(double batchLoss, int batch, long right, long wanted, double share) {
    step++;
    loss += batchLoss * batch;
    examples += batch;
    correct += right;
    targets += wanted;
    work += share * batch;
  }

  Epoch epoch(
      int number, Optional<Evaluation> judged, double rate, double sparsity, double seconds) {
    double accuracy = counted ? (double) correct / targets : Double.NaN;
    double share = work / examples;
    var done = new Epoch(number, loss / examples, accuracy, judged, rate, sparsity, share, seconds);
    epochs.add(done);
    loss = 0;
    examples = 0;
    correct = 0;
    targets = 0;
    work = 0;
    return done;
  }

  void restore(Standing saved) {
    step = saved.step;
    loss = saved.loss;
    examples = saved.examples;
    correct = saved.correct;
    targets = saved.targets;
    work = saved.work;
    epochs.addAll(saved.epochs);
  }
}
