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
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
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
  /** How often is looked again at what seems to take too long. */
  private static final int ROUNDS = 3;

  /** A wider layer that takes less than this part of the time makes a measurement doubtful. */
  private static final double ODD = 0.97;

  private final LayerTimer timer;
  private final String cpu;
  private final Map<String, Shape> inputs;
  private final int channels;
  private final List<Site> sites;
  private final Map<Entry, Map<Width, Double>> measured = new LinkedHashMap<>();
  private final Map<String, Surface> surfaces = new HashMap<>();

  private LayerLatencies(
      LayerTimer timer, String cpu, Coupling coupling, Map<String, Shape> inputs) {
    this.timer = timer;
    this.cpu = cpu;
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
    var latencies = new LayerLatencies(timer, cpu, coupling, inputs);
    latencies.measure(new TimeCache(cache, circumstances), progress);
    return latencies;
  }

  private void measure(TimeCache cache, Progress progress) {
    List<Entry> entries = Entry.of(sites);
    Map<String, Entry> narrowing = shown(entries, e -> e.showsNarrowing(timer.period()));
    Map<String, Entry> thinning = shown(entries, e -> e.showsThinning(timer.period()));
    var plan = new LinkedHashMap<Entry, Set<Width>>();
    for (Entry entry : entries) {
      Set<Width> widths = new LinkedHashSet<>(entry.coarse());
      if (entry.equals(narrowing.get(entry.family()))) {
        widths.addAll(entry.narrowing(timer.period()));
      }
      if (entry.equals(thinning.get(entry.family()))) {
        widths.addAll(entry.thinning(timer.period()));
      }
      plan.put(entry, widths);
    }
    long total = plan.values().stream().mapToLong(Set::size).sum();
    long done = 0;
    for (Map.Entry<Entry, Set<Width>> planned : plan.entrySet()) {
      Form form = planned.getKey().form();
      var times = new LinkedHashMap<Width, Double>();
      Set<Width> fresh = new LinkedHashSet<>();
      for (Width width : planned.getValue()) {
        progress.at("layer times", done++, total, form.toString());
        OptionalDouble known = cache.ms(form, width);
        times.put(width, known.orElseGet(() -> timed(form, width)));
        if (known.isEmpty()) {
          fresh.add(width);
        }
      }
      if (!fresh.isEmpty()) {
        again(form, fresh, times);
        times.forEach((width, ms) -> cache.add(form, width, ms));
        cache.save();
      }
      measured.put(planned.getKey(), times);
    }
    progress.at("layer times", total, total, "");
    surfaces(narrowing, thinning);
  }

  /**
   * Measures again what takes longer than a wider layer: often another process had the processor.
   * Where it's the layer, it stays so.
   */
  private void again(Form form, Set<Width> fresh, Map<Width, Double> times) {
    for (int round = 0; round < ROUNDS; round++) {
      for (Width width : fresh) {
        double ms = times.get(width);
        boolean odd =
            times.entrySet().stream()
                .anyMatch(other -> width.isWithin(other.getKey()) && other.getValue() < ODD * ms);
        if (odd) {
          times.put(width, Math.min(ms, timed(form, width)));
        }
      }
    }
  }

  private double timed(Form form, Width width) {
    return timer.measurement().ms(form.at(width), form.inputs(width));
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

  private void surfaces(Map<String, Entry> narrowing, Map<String, Entry> thinning) {
    for (Entry entry : measured.keySet()) {
      Surface surface =
          new Surface(
              entry,
              measured.get(entry)::get,
              steps(narrowing.get(entry.family()), e -> e.narrowing(timer.period())),
              steps(thinning.get(entry.family()), e -> e.thinning(timer.period())));
      sites.stream().filter(entry::holds).forEach(site -> surfaces.put(site.output(), surface));
    }
  }

  private Steps steps(Entry shown, Function<Entry, List<Width>> widths) {
    return shown == null
        ? Steps.NONE
        : Steps.of(
            widths.apply(shown).stream()
                .mapToDouble(width -> measured.get(shown).get(width))
                .toArray());
  }

  /** What was measured. */
  public LatencyTable table() {
    var layers = new ArrayList<LatencyTable.Layer>();
    measured.forEach(
        (entry, times) ->
            layers.add(
                new LatencyTable.Layer(
                    sites.stream().filter(entry::holds).map(Site::name).toList(),
                    entry.form().toString(),
                    entry.width(),
                    times.entrySet().stream()
                        .map(one -> new LatencyTable.Point(one.getKey(), one.getValue()))
                        .toList())));
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
