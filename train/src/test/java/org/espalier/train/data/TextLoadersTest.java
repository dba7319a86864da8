package org.espalier.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.espalier.graph.Tensor;
import org.junit.jupiter.api.Test;

/** Texts, and the vocabularies they are read with. */
final class TextLoadersTest extends LoaderTestBase {
  @Test
  void windowsOfText() throws IOException {
    Path file = Files.writeString(folder.resolve("x.txt"), "abcdefghij".repeat(10));
    Splits splits = Datasets.open(file, DataOptions.DEFAULT.withContext(4));
    assertThat(splits.train().classes()).isEqualTo(10);
    assertThat(splits.test().size()).isEqualTo(2);
    Tensor inputs = Tensor.of(new long[8], 2, 4);
    Tensor targets = Tensor.of(new long[8], 2, 4);
    splits.test().fill(new int[] {0, 1}, 0, inputs, targets);
    assertThat(inputs.integers()).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
    assertThat(targets.integers()).containsExactly(1, 2, 3, 4, 5, 6, 7, 8);
    for (int seed = 0; seed < 20; seed++) {
      splits.train().fill(new int[] {21, 0}, seed, inputs, targets);
      for (int k = 0; k < 8; k++) {
        assertThat(targets.integerAt(k)).isEqualTo((inputs.integerAt(k) + 1) % 10);
      }
    }
  }

  @Test
  void vocabularies() throws IOException {
    Vocabulary bytes = Vocabulary.from("", Vocabulary.Unit.BYTE);
    assertThat(bytes.decode(bytes.encode("naïve"))).isEqualTo("naïve");
    Vocabulary words = Vocabulary.from("the cat\nthe dog", Vocabulary.Unit.WORD);
    assertThat(words.tokens()).containsExactly("<unk>", "the", "cat", "<eos>", "dog");
    assertThat(words.encode("the bird")).containsExactly(1, 0, 3);
    Path file = folder.resolve("vocab.json");
    words.write(file);
    assertThat(Vocabulary.read(file).tokens()).isEqualTo(words.tokens());
    Files.writeString(file, "{\"b\": 1, \"a\": 0}");
    assertThat(Vocabulary.read(file).encode("ab")).containsExactly(0, 1);
    assertThatThrownBy(() -> Vocabulary.read(file).encode("abc"))
        .hasMessageContaining("'c' (U+0063) is not among the 2 tokens");
    Files.writeString(file, "{\"b\": 1, \"a\": 1}");
    assertThatThrownBy(() -> Vocabulary.read(file)).hasMessageContaining("has number 1");
    Files.writeString(file, "[\"a\",");
    assertThatThrownBy(() -> Vocabulary.read(file)).hasMessageContaining("not JSON");
  }

  @Test
  void textThatIsNone() throws IOException {
    Path file = Files.write(folder.resolve("x.txt"), new byte[] {(byte) 0xff, 1, 2});
    assertRefused(file).hasMessageContaining("not UTF-8");
    Files.writeString(file, "too short for a context of 128 tokens");
    assertRefused(file).hasMessageContaining("expected more than the context of 128");
  }
}
