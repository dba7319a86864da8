package org.espalier.prune.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Random;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.coupling.Axis;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Likeness;
import org.junit.jupiter.api.Test;

class LikenessTest {
  /** Eight filters between two and two padded channels; the halves of all twelve are multiplied. */
  private static Model halves() {
    var random = SeededRandom.of(17);
    return Model.of(
        new Graph(
            "halves",
            List.of(
                Node.of("Conv", List.of("x", "w"), List.of("a")),
                Node.of("Pad", List.of("a", "pads"), List.of("padded")),
                Node.of("Split", List.of("padded", "sizes"), List.of("left", "right"))
                    .with("axis", Attribute.of(1L)),
                Node.of("Mul", List.of("left", "right"), List.of("m")),
                Node.of("Conv", List.of("m", "v"), List.of("y"))),
            Map.of(
                "w", random.gaussian(8, 4, 1, 1),
                "v", random.gaussian(5, 6, 1, 1),
                "pads", Tensor.of(new long[] {0, 2, 0, 0, 0, 2, 0, 0}, 8),
                "sizes", Tensor.of(new long[] {6, 6}, 2)),
            List.of(ValueInfo.of("x", DataType.FLOAT, Shape.of(2, 4, 3, 3))),
            List.of(ValueInfo.of("y", DataType.FLOAT, Shape.of(2, 5, 3, 3)))),
        10,
        18);
  }

  @Test
  void aFilterBehindPaddingIsNotLikeOneInFrontOfIt() {
    Coupling coupling = Coupling.of(halves());
    int[] read = coupling.channelsAlong(new Axis("v", 1));
    long[] kinds = Likeness.of(coupling);
    assertThat(kinds[read[0]]).isEqualTo(kinds[read[1]]).isNotEqualTo(kinds[read[4]]);
    assertThat(kinds[read[4]]).isEqualTo(kinds[read[5]]);
  }

  @Test
  void whatIsAlikeChangesPlacesFreely() {
    assertThat(Proofs.failures(Coupling.of(halves()), new Random(3), 20)).isEmpty();
  }
}
