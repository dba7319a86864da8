package org.espalier.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.espalier.graph.testing.TestData;
import org.junit.jupiter.api.Test;

/** The files of MNIST and CIFAR. */
final class BinaryImagesTest extends LoaderTestBase {
  private static byte[] idx(int magic, int[] sizes, int bytes) throws IOException {
    var out = new ByteArrayOutputStream();
    try (var data = new DataOutputStream(out)) {
      data.writeInt(magic);
      for (int size : sizes) {
        data.writeInt(size);
      }
      for (int k = 0; k < bytes; k++) {
        data.writeByte(k % 10);
      }
    }
    return out.toByteArray();
  }

  private Path idxFiles(byte[] images, byte[] labels) throws IOException {
    Files.write(folder.resolve("train-images-idx3-ubyte"), images);
    Files.write(folder.resolve("train-labels-idx1-ubyte"), labels);
    return folder;
  }

  @Test
  void idx() throws IOException {
    idxFiles(idx(0x803, new int[] {20, 3, 2}, 120), idx(0x801, new int[] {20}, 20));
    try (OutputStream gz =
        new GZIPOutputStream(Files.newOutputStream(folder.resolve("t10k-images-idx3-ubyte.gz")))) {
      gz.write(idx(0x803, new int[] {5, 3, 2}, 30));
    }
    Files.write(folder.resolve("t10k-labels-idx1-ubyte"), idx(0x801, new int[] {5}, 5));
    Splits splits = open();
    assertThat(splits.train().size()).isEqualTo(20);
    assertThat(splits.test().size()).isEqualTo(5);
    assertThat(splits.train().exampleShape()).containsExactly(1, 3, 2);
    assertThat(label(splits.train(), 13)).isEqualTo(3);
    assertThat(example(plain(splits.train()), 2))
        .containsExactly(2 / 255f, 3 / 255f, 4 / 255f, 5 / 255f, 6 / 255f, 7 / 255f);
  }

  @Test
  void damagedIdx() throws IOException {
    byte[] images = idx(0x803, new int[] {20, 3, 2}, 120);
    byte[] labels = idx(0x801, new int[] {20}, 20);
    assertRefused(idxFiles(Arrays.copyOf(images, 100), labels))
        .hasMessageContaining("ends in element 14, its header promises 20");
    assertRefused(idxFiles(idx(0x0d03, new int[] {20, 3, 2}, 120), labels))
        .hasMessageContaining("magic number 0x00000d03, expected 0x00000803");
    assertRefused(idxFiles(images, idx(0x801, new int[] {19}, 19)))
        .hasMessageContaining("20 images")
        .hasMessageContaining("19 labels");
    assertRefused(idxFiles(idx(0x803, new int[] {Integer.MAX_VALUE, 3, 2}, 12), labels))
        .hasMessageContaining("ends in element 2");
    assertRefused(idxFiles(idx(0x803, new int[] {20, 1 << 30, 1 << 30}, 12), labels))
        .hasMessageContaining("20 elements of size [1073741824, 1073741824]");
    assertRefused(idxFiles(new byte[3], labels)).hasMessageContaining("ends before its magic");
    assertRefused(idxFiles(idx(0x803, new int[] {20, 3, 2}, 121), labels))
        .hasMessageContaining("goes on");
    Files.delete(folder.resolve("train-labels-idx1-ubyte"));
    assertRefused(folder).hasMessageContaining("no labels beside it");
  }

  @Test
  void aCutGzipFile() throws IOException {
    var packed = new ByteArrayOutputStream();
    try (OutputStream gz = new GZIPOutputStream(packed)) {
      gz.write(idx(0x803, new int[] {20, 3, 2}, 120));
    }
    Files.write(
        folder.resolve("train-images-idx3-ubyte.gz"),
        Arrays.copyOf(packed.toByteArray(), packed.size() - 12));
    Files.write(folder.resolve("train-labels-idx1-ubyte"), idx(0x801, new int[] {20}, 20));
    assertRefused(folder).hasMessageContaining("idx3-ubyte.gz");
    Files.write(folder.resolve("train-images-idx3-ubyte.gz"), new byte[] {1, 2, 3, 4, 5});
    assertRefused(folder).hasMessageContaining("damaged or cut gzip");
  }

  @Test
  void realMnist() throws IOException {
    Splits mnist = Datasets.open(TestData.of("mnist"), DataOptions.DEFAULT);
    assertThat(mnist.train().size()).isEqualTo(60_000);
    assertThat(mnist.test().size()).isEqualTo(10_000);
    assertThat(((ImageDataset) mnist.test()).normalization()).isEqualTo(Normalization.MNIST);
    assertThat(label(mnist.train(), 0)).isEqualTo(5);
    assertThat(label(mnist.test(), 0)).isEqualTo(7);
  }

  @Test
  void cifar() throws IOException {
    byte[] batch = new byte[2 * 3073];
    batch[0] = 9;
    batch[3073] = 4;
    batch[1] = (byte) 255;
    Files.write(folder.resolve("data_batch_1.bin"), batch);
    Files.write(folder.resolve("test_batch.bin"), batch);
    Splits splits = open();
    assertThat(splits.train().size()).isEqualTo(2);
    assertThat(splits.train().exampleShape()).containsExactly(3, 32, 32);
    assertThat(label(splits.train(), 1)).isEqualTo(4);
    batch[0] = 10;
    Files.write(folder.resolve("test_batch.bin"), batch);
    assertRefused(folder).hasMessageContaining("record 0 has label 10, expected 0 to 9");
    Files.write(folder.resolve("test_batch.bin"), Arrays.copyOf(batch, 4000));
    assertRefused(folder).hasMessageContaining("4000 bytes, expected a multiple of 3073");
  }

  @Test
  void cifar100() throws IOException {
    byte[] records = new byte[3 * 3074];
    records[3075] = 99;
    Files.write(folder.resolve("train.bin"), records);
    assertThat(label(open().train(), 1)).isEqualTo(99);
    assertThat(open().train().classes()).isEqualTo(100);
    assertThatThrownBy(() -> open().test()).hasMessageContaining("no test part");
  }
}
