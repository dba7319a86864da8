package org.espalier.prune.allocation;

import java.util.Locale;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.espalier.prune.Allocation;
import org.espalier.prune.Demand;
import org.espalier.prune.Layer;

/**
 * Data-independent and module-aware (He and Zhou, 2024): {@link Lamp} with the weights of all
 * layers of a kind pooled. A transformer's kinds are told by the names of its layers: queries, keys
 * and values; attention's projection; the MLP; and whatever else there is.
 */
public final class Dimap implements Allocation {
  private static final Pattern INPUTS =
      Pattern.compile(
          "(qkv|in_proj|quer(y|ies)|keys?|values?|[qkv]_proj|to_[qkv]|attn\\.[qkv])\\b");
  private static final Pattern PROJECTION =
      Pattern.compile("att.*(proj|output|to_out|dense|wo)|\\b(out_proj|o_proj|to_out)\\b");
  private static final Pattern MLP =
      Pattern.compile("mlp|ffn|feed|\\b(fc|linear|dense)_?[12]\\b|intermediate|output");

  private final Function<Layer, String> module;

  public Dimap() {
    this(Dimap::module);
  }

  /**
   * @param module the kind of a layer
   */
  Dimap(Function<Layer, String> module) {
    this.module = module;
  }

  @Override
  public String name() {
    return "dimap";
  }

  @Override
  public boolean ranks() {
    return false;
  }

  @Override
  public long[] counts(Demand demand) {
    return Allocation.GLOBAL.counts(TailShares.of(demand, module));
  }

  private static String module(Layer layer) {
    return module(layer.weight() + " " + layer.node().label());
  }

  /** The kind of a layer with this name. */
  static String module(String name) {
    String text = name.toLowerCase(Locale.ROOT).replace('/', '.');
    if (INPUTS.matcher(text).find()) {
      return "qkv";
    }
    if (PROJECTION.matcher(text).find()) {
      return "projection";
    }
    return MLP.matcher(text).find() ? "mlp" : "other";
  }

  @Override
  public String toString() {
    return name();
  }
}
