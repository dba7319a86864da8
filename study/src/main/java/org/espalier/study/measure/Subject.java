package org.espalier.study.measure;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.Executor;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.prune.Layer;
import org.espalier.prune.Layers;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.evidence.Observation;
import org.espalier.reference.OnnxRuntime;
import org.espalier.torch.Mode;
import org.espalier.train.Evaluation;
import org.espalier.train.data.Splits;

/**
 * A network with examples of both parts of its data. What several measurements need of it is
 * computed once.
 */
public final class Subject implements AutoCloseable {
  private final String name;
  private final Model model;
  private final Splits data;
  private final Settings settings;
  private final Map<Sample, Answers> answers = new HashMap<>();
  private final Map<Sample, Evidence> evidence = new HashMap<>();
  private final Map<String, Findings> findings = new HashMap<>();
  private List<Layer> layers;
  private Sample training;
  private Sample testing;

  /**
   * @param name for progress, such as "dense"
   */
  public Subject(String name, Model model, Splits data, Settings settings) {
    this.name = name;
    this.model = model;
    this.data = data;
    this.settings = settings;
  }

  Model model() {
    return model;
  }

  Settings settings() {
    return settings;
  }

  /** The layers that can be pruned. */
  List<Layer> layers() {
    if (layers == null) {
      layers = Layers.of(model).layers();
      if (layers.isEmpty()) {
        throw new InvalidInputException("the " + name + " model has no layer that can be pruned");
      }
    }
    return layers;
  }

  /** Examples of the training part. */
  Sample training() {
    if (training == null) {
      training = Sample.draw(data.train(), settings.samples(), settings.seed());
    }
    return training;
  }

  /** Examples of the test part. */
  Sample testing() {
    if (testing == null) {
      testing = Sample.draw(data.test(), settings.samples(), settings.seed());
    }
    return testing;
  }

  /** What the network answers, a classifier. */
  Answers answers(Sample sample) {
    return answers.computeIfAbsent(sample, this::answered);
  }

  /** The same for examples that no other measurement will ask for. */
  Answers answered(Sample sample) {
    try (Executor executor = OnnxRuntime.of(model)) {
      return Answers.of(
          executor, sample.calibration(model, settings.batch()), Evaluation.endsInSoftmax(model));
    }
  }

  /** Loss and accuracy of a network of this form on examples. */
  Evaluation evaluated(Model other, Sample sample) {
    try (Executor executor = OnnxRuntime.of(other)) {
      return Evaluation.of(executor, other, sample.data());
    }
  }

  /** Derivatives and values inside of the network, with the layers' weights as what is varied. */
  Evidence evidence(Sample sample) {
    return evidence.computeIfAbsent(
        sample,
        examples -> {
          Set<String> weights = layers().stream().map(Layer::weight).collect(Collectors.toSet());
          return Evidence.of(
              model, weights, examples.calibration(model, settings.batch()), Observation.USUAL);
        });
  }

  /** Takes values of a batch of examples. */
  interface Values {
    void accept(Map<String, Tensor> values, Tensor targets);
  }

  /** Values within the network, batch by batch; those that it doesn't compute are left out. */
  void forEachBatch(Sample sample, Set<String> names, Values action) {
    evidence(sample)
        .forEachBatch(
            (network, inputs, targets) -> {
              Set<String> taps = names.stream().filter(network::has).collect(Collectors.toSet());
              action.accept(network.forward(inputs, Mode.EVAL, taps).taps(), targets);
            });
  }

  /** What a measurement finds, measured once. */
  Findings findings(Measurement.OfOne measurement) {
    return findings(measurement, () -> measurement.of(this));
  }

  /** What a measurement finds of this network and the one that was made of it, measured once. */
  Findings findings(Measurement.OfTwo measurement, Subject pruned) {
    return findings(measurement, () -> measurement.of(this, pruned));
  }

  private Findings findings(Measurement measurement, Supplier<Findings> work) {
    Findings known = findings.get(measurement.name());
    if (known == null) {
      known = work.get();
      findings.put(measurement.name(), known);
    }
    return known;
  }

  /** Tells how far a measurement is. */
  void progress(String stage, long done, long total) {
    settings.progress().at(stage, done, total, name);
  }

  @Override
  public void close() {
    evidence.values().forEach(Evidence::close);
  }
}
