package org.espalier.study.bench;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.espalier.engine.Session;
import org.espalier.engine.plan.Choice;
import org.espalier.engine.plan.Profile;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.inspect.Inspection;
import org.espalier.reference.NodeTimes.NodeTime;

/**
 * Where the engine's time goes, layer by layer, and ONNX Runtime's beside it.
 *
 * @param runMs a run as a whole, with a look at the clock after each step
 * @param sumMs all layers together
 * @param onnxruntimeSumMs all of ONNX Runtime's nodes, where it was measured
 * @param onnxruntimeOtherMs those that belong to no layer of the engine, such as changes of layout
 */
public record LayerTimes(
    double runMs,
    double sumMs,
    Optional<Double> onnxruntimeSumMs,
    Optional<Double> onnxruntimeOtherMs,
    List<Row> layers) {
  private static final int FEWEST_RUNS = 5;
  private static final int MOST_RUNS = 500;

  /**
   * One layer of the engine, in the order in which they run.
   *
   * @param micros the median over some runs, conversions of its inputs included
   * @param share of all layers
   * @param expectedMicros what the plan expected of its kernel on one thread; 0 where it didn't say
   * @param onnxruntimeMicros of the nodes that are fused in it, where ONNX Runtime has them
   * @param parts its steps
   */
  public record Row(
      String layer,
      String op,
      String kernel,
      String layout,
      double density,
      double micros,
      double share,
      double expectedMicros,
      Optional<Flops> gflops,
      Optional<Double> onnxruntimeMicros,
      List<Profile.Part> parts,
      String reason) {
    public Row {
      parts = List.copyOf(parts);
    }
  }

  public LayerTimes {
    layers = List.copyOf(layers);
  }

  /** The rows, slowest first. */
  public List<Row> slowestFirst() {
    return layers.stream().sorted(Comparator.comparingDouble(Row::micros).reversed()).toList();
  }

  /**
   * The layers of {@code session}, a run of which is {@code inspection}'s, measured for so long
   * after a warm-up three times as long: vector code is slow until it is compiled.
   */
  public static LayerTimes of(
      Session session,
      Model model,
      Inspection inspection,
      Map<String, Tensor> inputs,
      double seconds) {
    long warm = System.nanoTime() + (long) (3 * seconds * 1e9);
    do {
      session.run(inputs);
    } while (System.nanoTime() < warm);
    return of(session, model, inspection, inputs, seconds, List.of());
  }

  /**
   * Runs {@code session}, which is warm, for about so long.
   *
   * @param theirs ONNX Runtime's nodes; empty where it wasn't measured
   */
  static LayerTimes of(
      Session session,
      Model model,
      Inspection inspection,
      Map<String, Tensor> inputs,
      double seconds,
      List<NodeTime> theirs) {
    var profiles = new ArrayList<Profile>();
    long end = System.nanoTime() + (long) (seconds * 1e9);
    while (profiles.size() < FEWEST_RUNS
        || (System.nanoTime() < end && profiles.size() < MOST_RUNS)) {
      profiles.add(session.profile(inputs));
    }
    return of(median(profiles), model, inspection, theirs);
  }

  /** The median of each step. */
  static Profile median(List<Profile> profiles) {
    var layers = new ArrayList<Profile.Timed>();
    for (int k = 0; k < profiles.getFirst().layers().size(); k++) {
      int layer = k;
      Profile.Timed first = profiles.getFirst().layers().get(k);
      var parts = new ArrayList<Profile.Part>();
      for (int p = 0; p < first.parts().size(); p++) {
        int part = p;
        double[] micros =
            profiles.stream()
                .mapToDouble(one -> one.layers().get(layer).parts().get(part).micros())
                .toArray();
        Profile.Part step = first.parts().get(p);
        parts.add(new Profile.Part(step.step(), Median.of(micros).median(), step.conversion()));
      }
      layers.add(new Profile.Timed(first.choice(), first.nodes(), parts));
    }
    double[] runs = profiles.stream().mapToDouble(Profile::micros).toArray();
    return new Profile(Median.of(runs).median(), layers);
  }

  static LayerTimes of(Profile profile, Model model, Inspection inspection, List<NodeTime> theirs) {
    var counted = new HashMap<String, Inspection.Layer>();
    inspection.layers().forEach(layer -> counted.put(layer.name(), layer));
    Map<String, Double> micros = attributed(theirs, profile, model);
    double sum = profile.layers().stream().mapToDouble(Profile.Timed::micros).sum();
    var rows = new ArrayList<Row>();
    for (Profile.Timed layer : profile.layers()) {
      Choice choice = layer.choice();
      long macs = 0;
      long nonzero = 0;
      for (String node : layer.nodes()) {
        Inspection.Layer work = counted.get(node);
        macs += work == null ? 0 : work.macs();
        nonzero += work == null ? 0 : work.nonzeroMacs();
      }
      Optional<Double> their =
          layer.nodes().isEmpty()
              ? Optional.empty()
              : Optional.ofNullable(micros.get(layer.nodes().getFirst()));
      rows.add(
          new Row(
              choice.layer(),
              choice.op(),
              choice.kernel(),
              choice.layout(),
              choice.density(),
              layer.micros(),
              layer.micros() / sum,
              choice.micros(),
              macs == 0
                  ? Optional.empty()
                  : Optional.of(Flops.of(nonzero, macs, layer.micros() / 1e3)),
              their,
              layer.parts(),
              choice.reason()));
    }
    double all = theirs.stream().mapToDouble(NodeTime::micros).sum();
    double known = rows.stream().mapToDouble(row -> row.onnxruntimeMicros().orElse(0.0)).sum();
    boolean measured = !theirs.isEmpty();
    return new LayerTimes(
        profile.micros() / 1e3,
        sum / 1e3,
        measured ? Optional.of(all / 1e3) : Optional.empty(),
        measured ? Optional.of((all - known) / 1e3) : Optional.empty(),
        rows);
  }

  /**
   * ONNX Runtime's microseconds by the first node of the engine's layer. It calls a fused node
   * after one of its parts or after the value that it makes, and adds something.
   */
  private static Map<String, Double> attributed(
      List<NodeTime> theirs, Profile profile, Model model) {
    var outputs = new HashMap<String, Node>();
    model.graph().nodes().forEach(node -> outputs.put(node.label(), node));
    var owners = new HashMap<String, String>();
    for (Profile.Timed layer : profile.layers()) {
      for (String label : layer.nodes()) {
        owners.put(label, layer.nodes().getFirst());
        Node node = outputs.get(label);
        for (String output : node == null ? Set.<String>of() : new HashSet<>(node.outputs())) {
          owners.put(output, layer.nodes().getFirst());
        }
      }
    }
    var micros = new HashMap<String, Double>();
    for (NodeTime their : theirs) {
      for (int length = their.name().length(); length > 0; length--) {
        boolean whole =
            length == their.name().length() || "_/".indexOf(their.name().charAt(length)) >= 0;
        String owner = whole ? owners.get(their.name().substring(0, length)) : null;
        if (owner != null) {
          micros.merge(owner, their.micros(), Double::sum);
          break;
        }
      }
    }
    return micros;
  }
}
