package org.espalier.engine.plan;

import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/**
 * How a model is run for one set of input shapes. Any number of threads may run one plan at the
 * same time, each in a frame of its own; frames are kept for the next run.
 */
public final class Plan {
  /** An input: its type and dimensions, and where in the frame it goes. */
  record Entry(String name, DataType type, long[] dims, Home home) {}

  /** An output and where it is left. */
  record Result(String name, Home home) {}

  /** Who runs the tasks of a step. */
  public interface Crew {
    /** Runs all tasks of {@code step}, which takes about {@code micros} on one thread. */
    void run(Step step, Frame frame, double micros);
  }

  private static final int FRAMES_KEPT = 16;

  private final Entry[] entries;
  private final Result[] results;
  private final Step[] steps;
  private final double[] micros;
  private final List<Choice> choices;
  private final List<Planner.Section> sections;
  private final Map<Slot, Tensor> pinned;
  private final long bytes;
  private final int boxes;
  private final ConcurrentLinkedQueue<Frame> frames = new ConcurrentLinkedQueue<>();

  private Plan(Planner planner, List<Entry> entries, List<Result> results) {
    this.entries = entries.toArray(Entry[]::new);
    this.results = results.toArray(Result[]::new);
    steps = planner.steps().toArray(Step[]::new);
    micros = planner.micros();
    choices = List.copyOf(planner.choices());
    sections = List.copyOf(planner.sections());
    pinned = planner.pinned();
    bytes = Arrangement.place(planner.slots().stream().filter(slot -> slot.last >= -1).toList());
    boxes = planner.boxes();
  }

  static Plan of(Planner planner, List<Entry> entries, List<Result> results) {
    return new Plan(planner, entries, results);
  }

  /** Each layer's kernel and the reason for it, in the order in which they run. */
  public List<Choice> choices() {
    return choices;
  }

  /** Whether the plan is for inputs like these. */
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

  /** Runs the plan on inputs that it fits. */
  public Map<String, Tensor> run(Map<String, Tensor> inputs, Crew crew) {
    Frame frame = frames.poll();
    if (frame == null) {
      frame = new Frame(bytes, boxes);
      for (var constant : pinned.entrySet()) {
        put(constant.getValue(), frame, constant.getKey());
      }
    }
    for (Entry entry : entries) {
      Tensor input = inputs.get(entry.name());
      if (entry.home() instanceof Home.Placed placed) {
        put(input, frame, placed.slot());
      } else if (entry.home() instanceof Home.Boxed boxed) {
        frame.boxed[boxed.index()] = input;
      }
    }
    for (int k = 0; k < steps.length; k++) {
      crew.run(steps[k], frame, micros[k]);
    }
    var outputs = new LinkedHashMap<String, Tensor>();
    for (Result result : results) {
      outputs.put(result.name(), taken(frame, result.home()));
    }
    // A frame whose run failed is not used again: some task may still be writing to it.
    frame.clear();
    if (frames.size() < FRAMES_KEPT) {
      frames.add(frame);
    }
    return outputs;
  }

  /** Runs the plan once, with a look at the clock after each step. */
  public Profile profile(Map<String, Tensor> inputs, Crew crew) {
    var clock = new Profile.Clock(steps.length);
    long start = System.nanoTime();
    run(
        inputs,
        (step, frame, expected) -> {
          long before = System.nanoTime();
          crew.run(step, frame, expected);
          clock.add(System.nanoTime() - before);
        });
    return clock.profile((System.nanoTime() - start) / 1e3, steps, choices, sections);
  }

  private static void put(Tensor tensor, Frame frame, Slot slot) {
    MemorySegment data = tensor.data();
    MemorySegment.copy(data, 0, frame.memory, slot.at, data.byteSize());
  }

  private static Tensor taken(Frame frame, Home home) {
    Tensor view = EvaluateRule.view(frame, home);
    return home instanceof Home.Placed ? view.copy() : view;
  }
}
