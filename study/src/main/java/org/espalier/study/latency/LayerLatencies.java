package org.espalier.study.latency;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.espalier.graph.Model;
import org.espalier.graph.Shape;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.rewrite.Costs;
import org.espalier.prune.structured.Forecast;
import org.espalier.study.bench.Machine;
import org.espalier.study.report.Progress;

/**
 * What the layers of a network were measured to take at several widths, and what follows from it
 * for any others.
 *
 * <p>Every layer is measured at a few widths far apart. In each family of layers, by operator,
 * window and stride, the one with the most work is also measured channel by channel over one
 * stretch, where steps show: a processor works on blocks of channels, and a width in between costs
 * as much as the next whole block, or more. Steps are taken to repeat, and to be alike in a family.
 */
public final class LayerLatencies {
  /** Layers with less than this share of the time are measured at their corners alone. */
  private static final double DETAILED = 0.01;

  /** Families with less than this share of the time aren't looked at for steps. */
  private static final double WORTH_STEPS = 0.03;

  private final LayerTimer timer;
  private final String cpu;
  private final Map<String, Shape> inputs;
  private final int channels;
  private final List<Site> sites;
  private final TimedLayers timed;
  private final Map<String, Surface> surfaces = new HashMap<>();

  private LayerLatencies(
      LayerTimer timer,
      String cpu,
      Coupling coupling,
      Map<String, Shape> inputs,
      TimedLayers timed) {
    this.timer = timer;
    this.cpu = cpu;
    this.timed = timed;
    this.inputs = Map.copyOf(inputs);
    this.channels = coupling.channels();
    this.sites = Site.of(coupling, inputs);
  }

  /** Where times are kept where the user doesn't say. */
  public static Path usualCache() {
    return TimeCache.usual();
  }

  /**
   * Measures the layers of a model.
   *
   * @param inputs the shapes of what the model is run on
   * @param cache a file with what was measured before, to which the rest is added; null for none
   */
  public static LayerLatencies of(
      Model model, Map<String, Shape> inputs, LayerTimer timer, Path cache, Progress progress) {
    Coupling coupling = Coupling.of(model);
    String cpu = Machine.here().cpu();
    String circumstances = cpu + ", " + timer.executor() + ", " + timer.threads() + " threads";
    var timed = new TimedLayers(timer, new TimeCache(cache, circumstances), progress);
    var latencies = new LayerLatencies(timer, cpu, coupling, inputs, timed);
    latencies.measure();
    return latencies;
  }

  private void measure() {
    List<Entry> entries = Entry.of(sites);
    var whole = new LinkedHashMap<Entry, List<Width>>();
    entries.forEach(entry -> whole.put(entry, List.of(entry.width())));
    timed.add(whole);
    double all = entries.stream().mapToDouble(this::wholeMs).sum();
    Set<Entry> detailed =
        entries.stream()
            .filter(entry -> wholeMs(entry) >= DETAILED * all)
            .collect(Collectors.toSet());
    Map<String, Double> families =
        entries.stream()
            .collect(Collectors.groupingBy(Entry::family, Collectors.summingDouble(this::wholeMs)));
    int period = timer.period();
    Predicate<Entry> worth = entry -> families.get(entry.family()) >= WORTH_STEPS * all;
    Map<String, Entry> narrowing = shown(entries, worth.and(e -> e.showsNarrowing(period)));
    Map<String, Entry> thinning = shown(entries, worth.and(e -> e.showsThinning(period)));
    var plan = new LinkedHashMap<Entry, Set<Width>>();
    for (Entry entry : entries) {
      Set<Width> widths = new LinkedHashSet<>(entry.coarse(detailed.contains(entry)));
      if (entry.equals(narrowing.get(entry.family()))) {
        widths.addAll(entry.narrowing(period));
      }
      if (entry.equals(thinning.get(entry.family()))) {
        widths.addAll(entry.thinning(period));
      }
      plan.put(entry, widths);
    }
    timed.add(plan);
    for (Entry entry : entries) {
      Surface surface =
          new Surface(
              entry,
              detailed.contains(entry),
              width -> timed.ms(entry, width),
              steps(narrowing.get(entry.family()), e -> e.narrowing(period)),
              steps(thinning.get(entry.family()), e -> e.thinning(period)));
      sites.stream().filter(entry::holds).forEach(site -> surfaces.put(site.output(), surface));
    }
  }

  /** What all layers of an entry take as they are. */
  private double wholeMs(Entry entry) {
    return entry.count() * timed.ms(entry, entry.width());
  }

  /** Of each family the layer with the most work of those that show steps. */
  private static Map<String, Entry> shown(List<Entry> entries, Predicate<Entry> shows) {
    var shown = new HashMap<String, Entry>();
    entries.stream()
        .filter(shows)
        .sorted(Comparator.comparingDouble(Entry::work).reversed())
        .forEach(entry -> shown.putIfAbsent(entry.family(), entry));
    return shown;
  }

  private Steps steps(Entry shown, Function<Entry, List<Width>> widths) {
    return shown == null
        ? Steps.NONE
        : Steps.of(
            widths.apply(shown).stream().mapToDouble(width -> timed.ms(shown, width)).toArray());
  }

  /** What was measured. */
  public LatencyTable table() {
    var layers = new ArrayList<LatencyTable.Layer>();
    for (Entry entry : timed.entries()) {
      layers.add(
          new LatencyTable.Layer(
              sites.stream().filter(entry::holds).map(Site::name).toList(),
              entry.form().toString(),
              entry.width(),
              timed.points(entry)));
    }
    return new LatencyTable(timer.executor(), timer.threads(), cpu, layers);
  }

  /**
   * What a removal would leave of a whole network that takes so long.
   *
   * @param coupling of this network, or of what an earlier removal left of it
   */
  public Forecast forecast(Coupling coupling, Costs costs, double wholeMs) {
    double layers =
        sites.stream().mapToDouble(site -> surfaces.get(site.output()).ms(site.width())).sum();
    double rest = Math.max(0, wholeMs - layers) / channels;
    List<Site> now =
        Site.of(coupling, inputs).stream()
            .filter(site -> surfaces.containsKey(site.output()))
            .toList();
    return kept -> {
      double ms = 0;
      for (Site site : now) {
        ms += surfaces.get(site.output()).ms(after(site, costs, kept));
      }
      for (int each : kept) {
        ms += rest * each;
      }
      return ms;
    };
  }

  private static Width after(Site site, Costs costs, int... kept) {
    Optional<long[]> x = costs.sizes(site.input(), kept);
    Optional<long[]> y = costs.sizes(site.output(), kept);
    Optional<long[]> w = costs.sizes(site.weight(), kept);
    if (x.isEmpty() || y.isEmpty() || w.isEmpty()) {
      return site.width();
    }
    int axis = site.form().channelAxis();
    int in = (int) x.get()[axis];
    int out = (int) y.get()[axis];
    boolean grouped = site.form().op().equals("Conv") && site.width().groups() > 1;
    return new Width(in, out, grouped ? in / (int) w.get()[1] : site.width().groups());
  }
}
