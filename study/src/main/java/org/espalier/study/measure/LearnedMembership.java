package org.espalier.study.measure;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.espalier.graph.DataType;
import org.espalier.graph.Executor;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.build.GraphBuilder;
import org.espalier.graph.build.Value;
import org.espalier.reference.OnnxRuntime;
import org.espalier.train.Evaluation;
import org.espalier.train.Trainer;
import org.espalier.train.TrainingOptions;
import org.espalier.train.TrainingProgress;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.TensorDataset;
import org.espalier.train.optim.Adam;
import org.espalier.train.optim.LearningRate;

/**
 * How well an attacker learns to tell what a network was trained on, from its answers and the right
 * class (Nasr et al., 2018, arXiv:1807.05852; Wang et al., 2021): a small network over the highest
 * probabilities in descending order, the loss, whether the answer is right, and which class it is.
 * It learns on half of the members and as many others, and is judged on the other half, both ways
 * round: 50% is no leak.
 */
final class LearnedMembership implements Measurement.OfOne {
  private static final int HIDDEN = 16;

  /** What the attacker looks at in all its training, and the most epochs that this may be. */
  private static final int SHOWN = 60_000;

  private static final int MOST_EPOCHS = 60;

  /** A class has a place of its own where there are at least so many members of each. */
  private static final int OF_EACH_CLASS = 10;

  @Override
  public String name() {
    return "learned-membership";
  }

  @Override
  public String title() {
    return "how well an attacker learns to tell what it was trained on";
  }

  @Override
  public Findings of(Subject subject) {
    int classes = subject.training().classes(name());
    Answers members = subject.answers(subject.training());
    Answers others = subject.answers(subject.testing());
    return of(members, others, classes, subject.settings().seed())
        .noted("it holds where the training part is what the network was trained on");
  }

  /** The attack on what was answered for members and as many others. */
  static Findings of(Answers members, Answers others, int classes, long seed) {
    int count = Math.min(examples(members), examples(others));
    if (count < 4) {
      throw new InvalidInputException(
          "an attacker that learns from %d members and %d others, expected 4 or more of both"
              .formatted(examples(members), examples(others)));
    }
    boolean named = members.each() == 1 && classes * OF_EACH_CLASS <= count;
    var random = new SplittableRandom(seed);
    int[] in = Sample.drawn(examples(members), count, random);
    int[] out = Sample.drawn(examples(others), count, random);
    float[][] rows = new float[2 * count][];
    for (int k = 0; k < count; k++) {
      rows[2 * k] = features(others, out[k], named ? classes : 0);
      rows[2 * k + 1] = features(members, in[k], named ? classes : 0);
    }
    Dataset all = dataset(rows);
    Dataset first = all.slice(0, 2 * (count / 2));
    Dataset second = all.slice(first.size(), all.size());
    double right =
        second.size() * attack(first, second, seed) + first.size() * attack(second, first, seed);
    double attack = right / all.size();
    return Findings.NONE
        .and("attackAccuracy", 100 * attack)
        .and("standardError", 100 * Math.sqrt(attack * (1 - attack) / all.size()))
        .and("members", count);
  }

  private static int examples(Answers answers) {
    return answers.size() / answers.each();
  }

  /** What the attacker sees of an example: means over its targets. */
  private static float[] features(Answers answers, int example, int classes) {
    int top = answers.highest()[0].length;
    float[] row = new float[top + 2 + classes];
    for (int k = example * answers.each(); k < (example + 1) * answers.each(); k++) {
      for (int place = 0; place < top; place++) {
        double probability = Math.max(answers.highest()[k][place], 1e-12);
        row[place] += (float) (Math.log(probability) / answers.each());
      }
      row[top] += (float) (answers.losses()[k] / answers.each());
      row[top + 1] += (answers.correct(k) ? 1f : 0f) / answers.each();
      if (classes > 0) {
        row[top + 2 + answers.labels()[k]] = 1;
      }
    }
    return row;
  }

  /** Others and members in turns. */
  private static Dataset dataset(float[][] rows) {
    Tensor all = Tensor.allocate(DataType.FLOAT, rows.length, rows[0].length);
    long[] labels = new long[rows.length];
    for (int k = 0; k < rows.length; k++) {
      labels[k] = k % 2;
      for (int column = 0; column < rows[k].length; column++) {
        all.setFloat((long) k * rows[k].length + column, rows[k][column]);
      }
    }
    return TensorDataset.classified(
        all, Tensor.of(labels, labels.length), List.of("other", "member"));
  }

  /** The accuracy on the ones of an attacker that learned from the others. */
  private static double attack(Dataset learned, Dataset judged, long seed) {
    GraphBuilder graph = GraphBuilder.of("attacker", seed);
    Value seen = graph.input("answer", learned.exampleShape()[0]).batchNorm("scaled");
    Value hidden = seen.linear("hidden", HIDDEN).relu();
    Model attacker = graph.output("member", hidden.linear("output", 2)).build();
    TrainingOptions options =
        TrainingOptions.usual(Math.clamp(SHOWN / learned.size(), 1, MOST_EPOCHS))
            .withOptimizer(Adam.decoupled(0.1), new LearningRate.Cosine(0.01, 0))
            .withSeed(seed);
    try {
      Model trained =
          new Trainer(attacker, options)
              .train(learned, Optional.empty(), TrainingProgress.SILENT)
              .model();
      try (Executor executor = OnnxRuntime.of(trained)) {
        return Evaluation.of(executor, trained, judged).accuracy();
      }
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible); // there is no checkpoint
    }
  }
}
