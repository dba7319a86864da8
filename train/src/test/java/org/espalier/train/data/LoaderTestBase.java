package org.espalier.train.data;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import org.assertj.core.api.AbstractThrowableAssert;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;
import org.junit.jupiter.api.io.TempDir;

/** Loaders on files made by hand, damaged ones included, and on real data where there are any. */
abstract class LoaderTestBase {
  @TempDir Path folder;

  final Splits open() throws IOException {
    return Datasets.open(folder, DataOptions.DEFAULT);
  }

  final AbstractThrowableAssert<?, ?> assertRefused(Path path) {
    return assertThatThrownBy(() -> Datasets.open(path, DataOptions.DEFAULT))
        .isInstanceOf(InvalidInputException.class);
  }

  static float[] example(Dataset data, int index) {
    Tensor example = Tensor.of(new float[(int) Tensor.elements(data.exampleShape())]);
    data.fill(new int[] {index}, 0, example, Tensor.of(new long[1]));
    return example.floats();
  }

  /** The pixels in parts of 255. */
  static Dataset plain(Dataset images) {
    var raster = (ImageDataset) images;
    return raster.normalized(Normalization.none((int) raster.exampleShape()[0]));
  }

  static long label(Dataset data, int index) {
    Tensor example = Tensor.of(new float[(int) Tensor.elements(data.exampleShape())]);
    Tensor label = Tensor.of(new long[1]);
    data.fill(new int[] {index}, 0, example, label);
    return label.integerAt(0);
  }
}
