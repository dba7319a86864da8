package org.espalier.study.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.espalier.graph.inspect.Inspection;
import org.espalier.graph.zoo.Zoo;
import org.espalier.prune.Pattern;
import org.espalier.study.report.Progress;
import org.junit.jupiter.api.Test;

class LayerStudyTest {
  private static final Flops NONE = new Flops(0, 0);

  private static LayerStudy.Row row(int count, double ratio, double inner) {
    var cell = new LayerStudy.Cell("4x1", 0.9, 1, ratio, 1, inner, NONE, "sparse");
    return new LayerStudy.Row("", "", count, 1, 1, 1, 1, List.of(cell));
  }

  @Test
  void aLayerCountsAsOftenAsTheModelHasIt() {
    List<LayerStudy.Mean> means = LayerStudy.means(List.of(row(3, 2, 1), row(1, 32, 16)));
    assertThat(means).hasSize(1);
    assertThat(means.getFirst().ratio()).isCloseTo(4, within(1e-9));
    assertThat(means.getFirst().innerRatio()).isCloseTo(2, within(1e-9));
    assertThat(means.getFirst().layers()).isEqualTo(4);
  }

  /** ResNet-20: a stem, three stages of three blocks, two strided projections, a classifier. */
  @Test
  void layersAreTakenOutWithTheirShapes() {
    var model = Zoo.build("resnet20", 1);
    List<OneLayer> layers = OneLayer.of(model);
    int convolutions = (int) model.graph().nodes().stream().filter(node -> node.is("Conv")).count();
    assertThat(layers.stream().mapToInt(OneLayer::count).sum()).isEqualTo(convolutions - 1);
    assertThat(layers.getFirst()).hasToString("Conv 16x16x3x3 on 1x16x32x32");
    assertThat(layers.getFirst().count()).isEqualTo(6);
    assertThat(Inspection.of(layers.getFirst().model()).macs()).isEqualTo(16 * 16 * 9 * 32 * 32L);
  }

  @Test
  void aSmallLayerIsMeasured() {
    var model = Zoo.build("lenet-5", 1);
    var study =
        LayerStudy.of(
            model,
            List.of(Pattern.parse("unstructured"), Pattern.parse("4x1")),
            List.of(0.9),
            1,
            0.01,
            Progress.NONE);
    assertThat(study.layers()).isNotEmpty();
    for (LayerStudy.Row row : study.layers()) {
      assertThat(row.cells()).hasSize(2);
      assertThat(row.onnxruntimeInnerMs()).isPositive();
      for (LayerStudy.Cell cell : row.cells()) {
        assertThat(cell.innerMs()).isPositive();
        assertThat(cell.gflops().useful()).isLessThan(cell.gflops().effective());
      }
    }
    assertThat(study.means()).hasSize(2);
  }
}
