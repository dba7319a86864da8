package org.espalier.prune.rewrite;

import static org.assertj.core.api.Assertions.assertThat;

import org.espalier.graph.DataType;
import org.espalier.graph.SparseTensor;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GatheredTest {
  private static final int[][] KEPT = {{1, 2, 4}, null, {0, 3, 4, 6}};

  private static Tensor numbers(DataType type) {
    Tensor tensor = Tensor.allocate(type, 5, 3, 7);
    for (long k = 0; k < tensor.size(); k++) {
      tensor.setReal(k, (double) (k % 11));
    }
    return tensor;
  }

  private static double expected(int a, int b, int c) {
    return (KEPT[0][a] * 21 + b * 7 + KEPT[2][c]) % 11;
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT", "DOUBLE", "FLOAT16", "BFLOAT16", "INT8", "UINT8", "INT32", "INT64"})
  void everyType(DataType type) {
    Tensor gathered = Gathered.of(numbers(type), KEPT);
    assertThat(gathered.type()).isEqualTo(type);
    assertThat(gathered.dims()).containsExactly(3, 3, 4);
    for (int k = 0; k < gathered.size(); k++) {
      assertThat(gathered.realAt(k)).isEqualTo(expected(k / 12, k / 4 % 3, k % 4));
    }
  }

  @Test
  void aSparseTensorIsGatheredAsItsDenseTwin() {
    Tensor dense = SeededRandom.fresh().gaussian(5, 3, 7);
    for (long k = 0; k < dense.size(); k += 3) {
      dense.setFloat(k, 0);
    }
    SparseTensor gathered = Gathered.of(SparseTensor.of(dense, SparseTensor.Form.PACKED), KEPT);
    assertThat(gathered.form()).isEqualTo(SparseTensor.Form.PACKED);
    assertThat(gathered.toDense()).isEqualTo(Gathered.of(dense, KEPT));
  }
}
