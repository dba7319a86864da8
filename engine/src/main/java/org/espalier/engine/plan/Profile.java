package org.espalier.engine.plan;

import java.util.ArrayList;
import java.util.List;
import org.espalier.graph.Node;

/**
 * Where the time of one run went.
 *
 * @param micros the whole run in microseconds, inputs and outputs included
 */
public record Profile(double micros, List<Timed> layers) {
  /**
   * One layer.
   *
   * @param nodes the names of the nodes that are fused in it
   * @param parts its steps, conversions of its inputs included
   */
  public record Timed(Choice choice, List<String> nodes, List<Part> parts) {
    public Timed {
      nodes = List.copyOf(nodes);
      parts = List.copyOf(parts);
    }

    public double micros() {
      return parts.stream().mapToDouble(Part::micros).sum();
    }
  }

  /**
   * One step of a layer.
   *
   * @param conversion whether it only changes the layout of what another layer has made
   */
  public record Part(String step, double micros, boolean conversion) {}

  public Profile {
    layers = List.copyOf(layers);
  }

  /** The nanoseconds of each step of a run, as they come. */
  static final class Clock {
    private final long[] nanos;
    private int count;

    Clock(int steps) {
      nanos = new long[steps];
    }

    void add(long taken) {
      nanos[count++] = taken;
    }

    Profile profile(
        double micros, Step[] steps, List<Choice> choices, List<Planner.Section> sections) {
      assert count == steps.length : count + " of " + steps.length + " steps timed";
      var layers = new ArrayList<Timed>();
      int step = 0;
      int choice = 0;
      for (Planner.Section section : sections) {
        Layer layer = section.layer();
        if (section.steps() > step || section.choices() > choice) {
          layers.add(
              new Timed(
                  section.choices() > choice ? choices.get(choice) : known(layer),
                  layer.parts().stream().map(Node::label).toList(),
                  parts(steps, step, section.steps())));
        }
        step = section.steps();
        choice = section.choices();
      }
      if (step < steps.length) {
        var outputs = new Choice("outputs", "", "copy", "rows", 1, 0, "the order that callers see");
        layers.add(new Timed(outputs, List.of(), parts(steps, step, steps.length)));
      }
      return new Profile(micros, layers);
    }

    private List<Part> parts(Step[] steps, int from, int to) {
      var parts = new Part[to - from];
      for (int k = 0; k < parts.length; k++) {
        Step step = steps[from + k];
        String name = step.getClass().getSimpleName();
        parts[k] = new Part(name, nanos[from + k] / 1e3, step.isConversion());
      }
      return List.of(parts);
    }

    private static Choice known(Layer layer) {
      return new Choice(layer.label(), layer.node().op(), "none", "", 1, 0, "known beforehand");
    }
  }
}
