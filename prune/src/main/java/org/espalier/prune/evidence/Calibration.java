package org.espalier.prune.evidence;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;

/**
 * Some examples on which a network is observed, in batches. It can be gone through as often as
 * needed, and gives the same each time.
 */
public interface Calibration {
  /** No examples, for what looks at none. */
  Calibration NONE =
      new Calibration() {
        @Override
        public long samples() {
          return 0;
        }

        @Override
        public void forEach(Consumer<? super Batch> action) {}
      };

  /**
   * Some examples at once. Its memory may be used again for the next batch.
   *
   * @param inputs by the names of the model's inputs, examples first
   * @param targets what the network should answer, examples first: INT64 classes or FLOAT numbers;
   *     empty where that isn't known
   */
  record Batch(Map<String, Tensor> inputs, Optional<Tensor> targets) {
    public Batch {
      inputs = Map.copyOf(inputs);
      if (inputs.isEmpty()) {
        throw new InvalidInputException("a calibration batch without inputs");
      }
      Tensor any = inputs.values().iterator().next();
      long size = any.rank() == 0 ? 0 : any.dim(0);
      if (size == 0) {
        throw new InvalidInputException("a calibration batch of no examples: " + any);
      }
      inputs.forEach((name, tensor) -> checkSize(name, tensor, size));
      targets.ifPresent(tensor -> checkSize("targets", tensor, size));
    }

    private static void checkSize(String name, Tensor tensor, long size) {
      if (tensor.rank() == 0 || tensor.dim(0) != size) {
        throw new InvalidInputException(
            "a calibration batch of %d examples has '%s' of shape %s"
                .formatted(size, name, tensor.shape()));
      }
    }

    /** How many examples it has. */
    public long size() {
      return inputs.values().iterator().next().dim(0);
    }
  }

  /** How many examples there are in all. */
  long samples();

  /** Goes through all batches in order. */
  void forEach(Consumer<? super Batch> action);

  /** Copies of the inputs of all batches, for a pass that pauses and needs them all at once. */
  static List<Map<String, Tensor>> inputs(Calibration calibration) {
    var all = new ArrayList<Map<String, Tensor>>();
    calibration.forEach(
        batch -> {
          var copies = new LinkedHashMap<String, Tensor>();
          batch.inputs().forEach((name, tensor) -> copies.put(name, tensor.copy()));
          all.add(copies);
        });
    return all;
  }

  /** These batches. */
  static Calibration of(List<Batch> batches) {
    return new Batches(batches);
  }

  /**
   * One tensor of examples cut into batches.
   *
   * @param input the name of the model's input
   * @param examples [n, ...]
   * @param targets [n, ...]; null where there are none
   */
  static Calibration of(String input, Tensor examples, Tensor targets, int batch) {
    if (batch < 1) {
      throw new InvalidInputException("batches of " + batch + " examples, expected 1 or more");
    }
    int size = Math.toIntExact(examples.dim(0));
    return of(
        IntStream.iterate(0, first -> first < size, first -> first + batch)
            .mapToObj(
                first -> {
                  int last = Math.min(size, first + batch);
                  return new Batch(
                      Map.of(input, Batches.rows(examples, first, last)),
                      Optional.ofNullable(targets).map(all -> Batches.rows(all, first, last)));
                })
            .toList());
  }
}
