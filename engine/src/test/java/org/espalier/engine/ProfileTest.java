package org.espalier.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Map;
import org.espalier.engine.plan.Profile;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.zoo.Zoo;
import org.junit.jupiter.api.Test;

class ProfileTest {
  @Test
  void everyLayerIsTimedOnceAndTheirSumIsWithinTheRun() {
    Model model = Zoo.build("lenet-5", 1);
    Map<String, Tensor> inputs = Sparsified.inputs(model, 2, SeededRandom.fresh());
    try (Session session = Engine.compile(model, new Options(1))) {
      session.run(inputs);
      Profile profile = session.profile(inputs);
      assertThat(profile.layers().stream().map(Profile.Timed::choice))
          .containsAll(session.plan())
          .doesNotHaveDuplicates();
      var nodes = new HashSet<String>();
      for (Profile.Timed layer : profile.layers()) {
        layer.nodes().forEach(node -> assertThat(nodes.add(node)).as(node).isTrue());
      }
      double sum = profile.layers().stream().mapToDouble(Profile.Timed::micros).sum();
      assertThat(sum).isPositive().isLessThanOrEqualTo(profile.micros());
    }
  }
}
