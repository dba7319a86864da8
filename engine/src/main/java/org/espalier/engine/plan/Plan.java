package org.espalier.engine.plan;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/**
 * How a model is run for one set of input shapes. Any number of threads may run one plan at the
 * same time, each in a frame of its own; frames are kept for the next run.
 */
public final class Plan implements Schedule {
  /** An input: its type and dimensions, and which box of a frame holds it. */
  record Entry(String name, DataType type, long[] dims, int box) {}

  /** An output and where it is left. */
  record Result(String name, Home home) {
    /** Results that are tensors. */
    static Result[] of(List<Chunks.Port> ports) {
      return ports.stream()
          .map(port -> new Result(port.name(), new Home.Boxed(-1, port.type(), port.dims())))
          .toArray(Result[]::new);
    }
  }

  /** Who runs the tasks of a step. */
  public interface Crew {
    /** Runs all tasks of {@code step}, which takes about {@code micros} on one thread. */
    void run(Step step, Frame frame, double micros);
  }

  /** No help: the calling thread does all tasks. */
  static final Crew ALONE =
      (step, frame, ignored) -> {
        for (int task = 0; task < step.tasks(); task++) {
          step.run(frame, task, 0);
        }
      };

  private final Entry[] entries;
  private final Result[] results;
  private final Step[] steps;
  private final double[] micros;
  private final List<Choice> choices;
  private final List<Planner.Section> sections;
  private final Map<Slot, Tensor> pinned;
  private final long bytes;
  private final int boxes;
  private final Frames frames;

  private Plan(Planner planner, List<Entry> entries, List<Result> results, AtomicLong room) {
    this.entries = entries.toArray(Entry[]::new);
    this.results = results.toArray(Result[]::new);
    steps = planner.steps().toArray(Step[]::new);
    micros = planner.micros();
    choices = List.copyOf(planner.choices());
    sections = List.copyOf(planner.sections());
    pinned = planner.pinned();
    bytes = Arrangement.place(planner.slots().stream().filter(slot -> slot.last >= -1).toList());
    boxes = planner.boxes();
    frames = new Frames(this::frame, room);
  }

  /** A plan whose idle frames share {@code room} bytes with those of other plans. */
  static Plan of(Planner planner, List<Entry> entries, List<Result> results, AtomicLong room) {
    return new Plan(planner, entries, results, room);
  }

  private Frame frame() {
    Frame frame = new Frame(bytes, boxes);
    pinned.forEach(
        (slot, tensor) -> {
          MemorySegment data = tensor.data();
          MemorySegment.copy(data, 0, frame.memory, slot.at, data.byteSize());
        });
    return frame;
  }

  @Override
  public List<Choice> choices() {
    return choices;
  }

  @Override
  public long frameBytes() {
    return bytes;
  }

  /** What its steps take on one thread, as far as it is known. */
  double micros() {
    return Arrays.stream(micros).sum();
  }

  @Override
  public boolean fits(Map<String, Tensor> inputs) {
    for (Entry entry : entries) {
      Tensor tensor = inputs.get(entry.name());
      if (tensor == null || tensor.type() != entry.type()) {
        return false;
      }
      if (tensor.rank() != entry.dims().length) {
        return false;
      }
      for (int axis = 0; axis < entry.dims().length; axis++) {
        if (tensor.dim(axis) != entry.dims()[axis]) {
          return false;
        }
      }
    }
    return true;
  }

  @Override
  public Map<String, Tensor> run(
      Map<String, Tensor> inputs, Map<String, Tensor> targets, Crew crew) {
    Results.check(results, inputs, targets);
    Frame frame = frames.take();
    Map<String, Tensor> outputs;
    try {
      for (Entry entry : entries) {
        frame.boxed[entry.box()] = inputs.get(entry.name());
      }
      for (int k = 0; k < steps.length; k++) {
        crew.run(steps[k], frame, micros[k]);
      }
      outputs = LinkedHashMap.newLinkedHashMap(results.length);
      for (Result result : results) {
        Tensor target = targets.get(result.name());
        outputs.put(result.name(), Results.take(frame, result, target));
      }
    } finally {
      frames.give(frame);
    }
    return outputs;
  }

  @Override
  public Profile profile(Map<String, Tensor> inputs, Map<String, Tensor> targets, Crew crew) {
    var clock = new Profile.Clock(steps.length);
    long start = System.nanoTime();
    run(
        inputs,
        targets,
        (step, frame, expected) -> {
          long before = System.nanoTime();
          crew.run(step, frame, expected);
          clock.add(System.nanoTime() - before);
        });
    return clock.profile((System.nanoTime() - start) / 1e3, steps, choices, sections);
  }

  @Override
  public void retire() {
    frames.retire();
  }

  @Override
  public String toString() {
    return "plan for "
        + Arrays.stream(entries)
            .map(entry -> entry.name() + " " + Arrays.toString(entry.dims()))
            .toList();
  }
}
