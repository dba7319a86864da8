package org.espalier.engine.plan;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/**
 * A batch that runs a few examples at a time, so that what one layer makes is still in the cache
 * when the next one reads it. Threads take whole chunks, each in a frame of its own; chunks that
 * are too few to go round are run by all threads together. Inputs are read and outputs written
 * where they lie.
 */
final class Chunks implements Schedule {
  /** An input or output: its dimensions are those of the whole batch. */
  record Port(String name, DataType type, long[] dims) {
    long bytes() {
      return type.bytes(Tensor.elements(dims));
    }

    /** The tensor of {@code count} examples from {@code first} on. */
    Tensor slice(Tensor whole, int first, int count) {
      long example = bytes() / dims[0];
      long[] part = dims.clone();
      part[0] = count;
      MemorySegment data = whole.data().asSlice(first * example, count * example);
      return Tensor.of(type, part, data);
    }
  }

  /** More than any crew asks for: examples of which a batch takes megabytes take long, too. */
  private static final double WORTH_SHARING_MICROS = 1000;

  /** Runs chunk after chunk, each on one thread. */
  private record Each(int tasks, double micros, Chunk chunk) implements Step {
    interface Chunk {
      void run(int number);
    }

    @Override
    public void run(Frame frame, int task, int worker) {
      chunk.run(task);
    }
  }

  private final List<Port> inputs;
  private final List<Port> outputs;
  private final Plan.Result[] results;
  private final int batch;
  private final int size;
  private final int threads;
  private final Plan plan;
  private final Plan rest;
  private final int count;

  /** How many chunks, of the first, are each run by one thread. */
  private final int apart;

  /**
   * @param size examples of a chunk
   * @param plan for {@code size} examples
   * @param rest for those that the last chunk holds, {@code plan} itself where it is as large
   */
  Chunks(List<Port> inputs, List<Port> outputs, int size, int threads, Plan plan, Plan rest) {
    this.inputs = List.copyOf(inputs);
    this.outputs = List.copyOf(outputs);
    this.batch = (int) inputs.getFirst().dims()[0];
    this.size = size;
    this.threads = threads;
    this.plan = plan;
    this.rest = rest;
    count = Math.ceilDiv(batch, size);
    apart = threads == 1 ? 0 : count - count % threads;
    results = Plan.Result.of(outputs);
  }

  @Override
  public List<Choice> choices() {
    var choices = new ArrayList<Choice>();
    for (Choice choice : plan.choices()) {
      choices.add(scaled(choice));
    }
    choices.add(itself());
    return choices;
  }

  /** The choice of a chunk's layer, with the time that the whole batch takes. */
  private Choice scaled(Choice choice) {
    return new Choice(
        choice.layer(),
        choice.op(),
        choice.kernel(),
        choice.layout(),
        choice.density(),
        choice.micros() * batch / size,
        choice.reason());
  }

  private Choice itself() {
    String many = size == 1 ? "one example" : size + " examples";
    return new Choice(
        "batch of " + batch,
        "",
        many + " at a time",
        "",
        1,
        0,
        "what " + many + " need stays in the cache: " + plan.frameBytes() / 1024 + " KB");
  }

  @Override
  public long frameBytes() {
    return plan.frameBytes() * (apart > 0 ? threads : 1);
  }

  @Override
  public boolean fits(Map<String, Tensor> given) {
    for (Port input : inputs) {
      Tensor tensor = given.get(input.name());
      boolean alike =
          tensor != null && tensor.type() == input.type() && hasDims(tensor, input.dims());
      if (!alike) {
        return false;
      }
    }
    return true;
  }

  private static boolean hasDims(Tensor tensor, long[] dims) {
    if (tensor.rank() != dims.length) {
      return false;
    }
    for (int axis = 0; axis < dims.length; axis++) {
      if (tensor.dim(axis) != dims[axis]) {
        return false;
      }
    }
    return true;
  }

  @Override
  public Map<String, Tensor> run(
      Map<String, Tensor> given, Map<String, Tensor> targets, Plan.Crew crew) {
    return run(given, targets, crew, (part, in, out, chunk, by) -> part.run(in, out, by));
  }

  /** Runs one chunk with the help of {@code by}. */
  private interface Run {
    void run(Plan part, Map<String, Tensor> in, Map<String, Tensor> out, int chunk, Plan.Crew by);
  }

  private Map<String, Tensor> run(
      Map<String, Tensor> given, Map<String, Tensor> targets, Plan.Crew crew, Run run) {
    Results.check(results, given, targets);
    var made = LinkedHashMap.<String, Tensor>newLinkedHashMap(outputs.size());
    for (Port output : outputs) {
      Tensor target = targets.get(output.name());
      made.put(
          output.name(), target == null ? Tensor.allocate(output.type(), output.dims()) : target);
    }
    if (apart > 0) {
      Each.Chunk alone = chunk -> run(given, made, chunk, Plan.ALONE, run);
      double micros = Math.max(WORTH_SHARING_MICROS, apart * plan.micros());
      crew.run(new Each(apart, micros, alone), null, micros);
    }
    for (int chunk = apart; chunk < count; chunk++) {
      run(given, made, chunk, crew, run);
    }
    return made;
  }

  private void run(
      Map<String, Tensor> given, Map<String, Tensor> made, int chunk, Plan.Crew crew, Run run) {
    int first = chunk * size;
    int length = Math.min(size, batch - first);
    run.run(
        length == size ? plan : rest,
        slices(inputs, given, first, length),
        slices(outputs, made, first, length),
        chunk,
        crew);
  }

  private static Map<String, Tensor> slices(
      List<Port> ports, Map<String, Tensor> whole, int first, int length) {
    var slices = LinkedHashMap.<String, Tensor>newLinkedHashMap(ports.size());
    for (Port port : ports) {
      slices.put(port.name(), port.slice(whole.get(port.name()), first, length));
    }
    return slices;
  }

  /** Layers' shares of the run: what they take in all chunks, of the time that passes meanwhile. */
  @Override
  public Profile profile(Map<String, Tensor> given, Map<String, Tensor> targets, Plan.Crew crew) {
    var profiles = new Profile[count];
    long start = System.nanoTime();
    run(
        given,
        targets,
        crew,
        (part, in, out, chunk, by) -> profiles[chunk] = part.profile(in, out, by));
    double micros = (System.nanoTime() - start) / 1e3;
    var full = new ArrayList<Profile>(List.of(profiles));
    if (rest != plan) {
      full.removeLast();
    }
    double worked = full.stream().mapToDouble(Profile::micros).sum();
    var layers = new ArrayList<Profile.Timed>();
    for (int k = 0; k < full.getFirst().layers().size(); k++) {
      layers.add(sum(full, k, micros / worked));
    }
    layers.add(new Profile.Timed(itself(), List.of(), List.of()));
    return new Profile(micros, layers);
  }

  /** One layer's time in all profiles, times {@code scale}. */
  private Profile.Timed sum(List<Profile> profiles, int layer, double scale) {
    Profile.Timed first = profiles.getFirst().layers().get(layer);
    var parts = new ArrayList<Profile.Part>();
    for (int k = 0; k < first.parts().size(); k++) {
      double micros = 0;
      for (Profile profile : profiles) {
        micros += profile.layers().get(layer).parts().get(k).micros();
      }
      Profile.Part part = first.parts().get(k);
      parts.add(new Profile.Part(part.step(), micros * scale, part.conversion()));
    }
    return new Profile.Timed(scaled(first.choice()), first.nodes(), parts);
  }

  @Override
  public void retire() {
    plan.retire();
    rest.retire();
  }

  @Override
  public String toString() {
    return "%d examples in chunks of %d: %s".formatted(batch, size, plan);
  }
}
