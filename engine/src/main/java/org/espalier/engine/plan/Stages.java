package org.espalier.engine.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.espalier.graph.Tensor;

/** A model in two parts, the second of which reads one value that the first makes. */
final class Stages implements Schedule {
  private final Schedule first;
  private final Schedule second;
  private final Chunks.Port between;
  private final Plan.Result[] results;
  private final Frames frames;

  /**
   * @param outputs those of the second part
   * @param room bytes that idle frames may take, shared with other plans
   */
  Stages(
      Schedule first,
      Schedule second,
      Chunks.Port between,
      List<Chunks.Port> outputs,
      AtomicLong room) {
    this.first = first;
    this.second = second;
    this.between = between;
    results = Plan.Result.of(outputs);
    frames = new Frames(() -> new Frame(between.bytes(), 0), room);
  }

  @Override
  public List<Choice> choices() {
    return joined(first.choices(), second.choices());
  }

  private static <T> List<T> joined(List<T> some, List<T> others) {
    var all = new ArrayList<>(some);
    all.addAll(others);
    return all;
  }

  @Override
  public long frameBytes() {
    return between.bytes() + Math.max(first.frameBytes(), second.frameBytes());
  }

  @Override
  public boolean fits(Map<String, Tensor> inputs) {
    return first.fits(inputs);
  }

  @Override
  public Map<String, Tensor> run(
      Map<String, Tensor> inputs, Map<String, Tensor> targets, Plan.Crew crew) {
    Results.check(results, inputs, targets);
    Frame frame = frames.take();
    try {
      Map<String, Tensor> made = made(frame);
      first.run(inputs, made, crew);
      return second.run(made, targets, crew);
    } finally {
      frames.give(frame);
    }
  }

  private Map<String, Tensor> made(Frame frame) {
    Tensor tensor =
        Tensor.of(between.type(), between.dims(), frame.memory.asSlice(0, between.bytes()));
    return Map.of(between.name(), tensor);
  }

  @Override
  public Profile profile(Map<String, Tensor> inputs, Map<String, Tensor> targets, Plan.Crew crew) {
    Frame frame = frames.take();
    try {
      Map<String, Tensor> made = made(frame);
      Profile one = first.profile(inputs, made, crew);
      Profile two = second.profile(made, targets, crew);
      return new Profile(one.micros() + two.micros(), joined(one.layers(), two.layers()));
    } finally {
      frames.give(frame);
    }
  }

  @Override
  public void retire() {
    first.retire();
    second.retire();
    frames.retire();
  }

  @Override
  public String toString() {
    return first + ", then " + second;
  }
}
