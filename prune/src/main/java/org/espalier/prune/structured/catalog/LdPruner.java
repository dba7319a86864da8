package org.espalier.prune.structured.catalog;

import java.util.List;
import org.espalier.prune.About;
import org.espalier.prune.structured.ChannelMethod;
import org.espalier.prune.structured.GroupSaliency;
import org.espalier.prune.structured.OutputShift;
import org.espalier.prune.structured.Scope;

/**
 * What moves the outputs least goes (Castells et al., 2024). The paper takes whole operators out of
 * a diffusion model; here it's channels of any network.
 */
public final class LdPruner implements ChannelMethod {
  @Override
  public About about() {
    return new About(
        "ld-pruner",
        "LD-Pruner",
        "Removes the channels without which mean and spread of the outputs move least: needs inputs"
            + " without labels, for networks that generate as well as for those that classify.",
        "Castells et al.",
        2024,
        "arXiv:2404.11936",
        "post-training",
        List.of("structured"),
        List.of(About.INPUTS));
  }

  @Override
  public GroupSaliency saliency() {
    return new OutputShift();
  }

  @Override
  public Scope scope() {
    return new Scope.Global();
  }
}
