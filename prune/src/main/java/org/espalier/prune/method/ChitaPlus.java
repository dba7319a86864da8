package org.espalier.prune.method;

import java.util.Map;
import java.util.Set;
import org.espalier.prune.About;
import org.espalier.prune.Solution;
import org.espalier.prune.Task;
import org.espalier.prune.WeightMethod;
import org.espalier.prune.evidence.Need;

/**
 * CHITA++ (Benbaki et al., 2023): {@link Chita} in stages, each of which takes the gradients anew.
 * What they tell holds near the weights that they were taken at, and each stage goes less far.
 */
public final class ChitaPlus implements WeightMethod {
  private final Chita stage = new Chita(2, 1, 0.01);

  @Override
  public About about() {
    return About.of(
            "chita++",
            "CHITA++",
            "Like chita, with gradients taken anew on the way: far better where nearly all weights"
                + " go, and as many times slower as it has stages.")
        .paper("Benbaki et al.", 2023, "arXiv:2302.14623")
        .patterns("unstructured")
        .needs("sample gradients");
  }

  @Override
  public Set<Need> needs() {
    return stage.needs();
  }

  @Override
  public int stages() {
    return 12;
  }

  @Override
  public Map<String, Solution> prune(Task task) {
    return stage.prune(task);
  }
}
