package org.espalier.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.DoubleStream;
import org.espalier.graph.DataType;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;
import org.espalier.prune.Mask;
import org.espalier.prune.Masks;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.Digest;

/**
 * The state of a training between two steps, as a safetensors file. Tensors are named {@code
 * weights/W}, {@code slots/SLOT/W}, {@code rules/NAME}, {@code masks/W}, {@code best/W}, {@code
 * best-masks/W} and {@code epochs} (a row for each: loss, accuracy, validation's loss, accuracy and
 * count, rate, sparsity, work, seconds). The metadata say which training it is and where it stands.
 */
record Checkpoint(SafeTensors file, Path path) {
  static final String WEIGHTS = "weights/";
  static final String SLOTS = "slots/";
  static final String RULES = "rules/";
  static final String MASKS = "masks/";
  static final String BEST = "best/";
  static final String BEST_MASKS = "best-masks/";
  private static final String EPOCHS = "epochs";
  private static final int COLUMNS = 9;
  private static final String FORMAT = "espalier training 2";

  /** Which training a checkpoint is of: settings, data, and the weights it began with. */
  record Identity(String settings, String data, String start) {
    static Identity of(
        TrainingOptions options,
        List<TrainingRule> rules,
        Map<String, Tensor> weights,
        Dataset data) {
      List<String> described = rules.stream().map(TrainingRule::describe).toList();
      return new Identity(options.identity() + ", rules " + described, data.hash(), start(weights));
    }

    /** Of the weights that a training begins with. */
    static String start(Map<String, Tensor> weights) {
      var start = new Digest();
      weights.forEach((name, tensor) -> start.add(name).add(tensor));
      return start.hex();
    }
  }

  static void write(
      Path path,
      Identity identity,
      Standing standing,
      Map<String, Map<String, Tensor>> parts,
      Masks masks,
      Optional<BestEpoch> best)
      throws IOException {
    var metadata = new LinkedHashMap<String, String>();
    metadata.put("format", FORMAT);
    metadata.put("settings", identity.settings());
    metadata.put("data", identity.data());
    metadata.put("start", identity.start());
    metadata.put("step", Long.toString(standing.step));
    metadata.put("loss", Double.toString(standing.loss));
    metadata.put("examples", Long.toString(standing.examples));
    metadata.put("correct", Long.toString(standing.correct));
    metadata.put("targets", Long.toString(standing.targets));
    metadata.put("work", Double.toString(standing.work));
    var tensors = new LinkedHashMap<String, Tensor>();
    parts.forEach(
        (prefix, part) -> part.forEach((name, tensor) -> tensors.put(prefix + name, tensor)));
    put(tensors, MASKS, masks);
    best.ifPresent(
        kept -> {
          metadata.put("best", kept.epoch() + " " + kept.merit());
          kept.weights().forEach((name, tensor) -> tensors.put(BEST + name, tensor));
          put(tensors, BEST_MASKS, kept.masks());
        });
    tensors.put(EPOCHS, epochs(standing.epochs));
    new SafeTensors(metadata, tensors).write(path);
  }

  private static void put(Map<String, Tensor> tensors, String prefix, Masks masks) {
    masks
        .byWeight()
        .forEach(
            (name, mask) -> {
              boolean[] kept = new boolean[mask.size()];
              mask.bits().stream().forEach(k -> kept[k] = true);
              tensors.put(prefix + name, Tensor.of(kept));
            });
  }

  private static Tensor epochs(List<Epoch> epochs) {
    double[] rows =
        epochs.stream()
            .flatMapToDouble(
                epoch -> {
                  Evaluation judged =
                      epoch.validation().orElse(new Evaluation(Double.NaN, Double.NaN, 0));
                  return DoubleStream.of(
                      epoch.loss(),
                      epoch.accuracy(),
                      judged.loss(),
                      judged.accuracy(),
                      (double) judged.targets(),
                      epoch.rate(),
                      epoch.sparsity(),
                      epoch.work(),
                      epoch.seconds());
                })
            .toArray();
    return Tensor.of(rows, epochs.size(), COLUMNS);
  }

  /** The checkpoint in this place, where there is one. */
  static Optional<Checkpoint> read(Path path, Identity identity) throws IOException {
    if (!Files.exists(path)) {
      return Optional.empty();
    }
    SafeTensors file = SafeTensors.read(path);
    check(path, file, "format", FORMAT);
    check(path, file, "settings", identity.settings());
    check(path, file, "data", identity.data());
    check(path, file, "start", identity.start());
    return Optional.of(new Checkpoint(file, path));
  }

  private static void check(Path path, SafeTensors file, String key, String expected) {
    String found = file.metadata().get(key);
    if (!expected.equals(found)) {
      throw new InvalidInputException(
          "%s: a checkpoint of another training: %s is '%s', expected '%s'; remove it to start anew"
              .formatted(path, key, found, expected));
    }
  }

  /** The tensors whose names start so, by the rest of their names. */
  Map<String, Tensor> part(String prefix) {
    var part = new LinkedHashMap<String, Tensor>();
    file.tensors()
        .forEach(
            (name, tensor) -> {
              if (name.startsWith(prefix)) {
                part.put(name.substring(prefix.length()), tensor);
              }
            });
    return part;
  }

  /** Copies a part over tensors of the same names. */
  void restore(String prefix, Map<String, Tensor> targets) {
    Map<String, Tensor> saved = part(prefix);
    targets.forEach(
        (name, target) -> {
          Tensor tensor = saved.get(name);
          if (tensor == null || tensor.data().byteSize() != target.data().byteSize()) {
            throw new InvalidInputException(
                "%s: '%s%s' is %s, expected %s".formatted(path, prefix, name, tensor, target));
          }
          target.data().copyFrom(tensor.data());
        });
  }

  Masks masks(String prefix) {
    var masks = new LinkedHashMap<String, Mask>();
    part(prefix)
        .forEach(
            (name, bits) -> {
              var kept = new BitSet();
              for (int k = 0; k < bits.size(); k++) {
                kept.set(k, bits.integerAt(k) != 0);
              }
              masks.put(name, Mask.keeping(bits.size(), kept));
            });
    return new Masks(masks);
  }

  Optional<BestEpoch> best() {
    return Optional.ofNullable(file.metadata().get("best"))
        .map(words -> words.split(" ", 2))
        .map(
            words ->
                new BestEpoch(
                    Integer.parseInt(words[0]),
                    Double.parseDouble(words[1]),
                    part(BEST),
                    masks(BEST_MASKS)));
  }

  Standing standing() {
    var standing = new Standing();
    standing.step = number("step");
    standing.examples = number("examples");
    standing.correct = number("correct");
    standing.targets = number("targets");
    standing.loss = Double.parseDouble(file.metadata().getOrDefault("loss", "0"));
    standing.work = Double.parseDouble(file.metadata().getOrDefault("work", "0"));
    Tensor rows = file.tensors().getOrDefault(EPOCHS, Tensor.allocate(DataType.DOUBLE, 0, COLUMNS));
    for (int epoch = 0; epoch < rows.dim(0); epoch++) {
      int at = epoch * COLUMNS;
      long count = (long) rows.realAt(at + 4);
      var judged = new Evaluation(rows.realAt(at + 2), rows.realAt(at + 3), count);
      standing.epochs.add(
          new Epoch(
              epoch,
              rows.realAt(at),
              rows.realAt(at + 1),
              count > 0 ? Optional.of(judged) : Optional.empty(),
              rows.realAt(at + 5),
              rows.realAt(at + 6),
              rows.realAt(at + 7),
              rows.realAt(at + 8)));
    }
    return standing;
  }

  private long number(String key) {
    try {
      return Long.parseLong(file.metadata().getOrDefault(key, ""));
    } catch (NumberFormatException e) {
      throw new InvalidInputException(
          "%s: %s is '%s', expected a number".formatted(path, key, file.metadata().get(key)), e);
    }
  }
}
