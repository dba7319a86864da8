package org.espalier.prune.structured.catalog;

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
    return About.of(
            "ld-pruner",
            "LD-Pruner",
            "Removes the channels without which mean and spread of the outputs move least: needs"
                + " inputs without labels, for networks that generate as well as for those that"
                + " classify.")
        .paper("Castells et al.", 2024, "arXiv:2404.11936")
        .patterns("structured")
        .needs(About.INPUTS);
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
