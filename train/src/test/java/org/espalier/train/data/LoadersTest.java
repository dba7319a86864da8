package org.espalier.train.data;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;
import org.assertj.core.api.AbstractThrowableAssert;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.TestData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Loaders on files made by hand, damaged ones included, and on the real data where there is any.
 */
final class LoadersTest {
  @TempDir Path folder;

  private Splits open() throws IOException {
    return Datasets.open(folder, DataOptions.DEFAULT);
  }

  private AbstractThrowableAssert<?, ?> assertRefused(Path path) {
    return assertThatThrownBy(() -> Datasets.open(path, DataOptions.DEFAULT))
        .isInstanceOf(InvalidInputException.class);
  }

  private static float[] example(Dataset data, int index) {
    Tensor example = Tensor.of(new float[(int) Tensor.elements(data.exampleShape())]);
    data.fill(new int[] {index}, 0, example, Tensor.of(new long[1]));
    return example.floats();
  }

  /** The pixels in parts of 255. */
  private static Dataset plain(Dataset images) {
    var raster = (ImageDataset) images;
    return raster.normalized(Normalization.none((int) raster.exampleShape()[0]));
  }

  private static long label(Dataset data, int index) {
    Tensor example = Tensor.of(new float[(int) Tensor.elements(data.exampleShape())]);
    Tensor label = Tensor.of(new long[1]);
    data.fill(new int[] {index}, 0, example, label);
    return label.integerAt(0);
  }

  // IDX

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

  // CIFAR

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

  // Images

  private static byte[] image(int width, int height, int type, int rgb) throws IOException {
    var image = new BufferedImage(width, height, type);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        image.setRGB(x, y, rgb);
      }
    }
    var out = new ByteArrayOutputStream();
    ImageIO.write(image, "png", out);
    return out.toByteArray();
  }

  private void write(String name, byte[] bytes) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.write(file, bytes);
  }

  @Test
  void imagesByClass() throws IOException {
    byte[] red = image(4, 3, BufferedImage.TYPE_INT_RGB, 0xff0000);
    byte[] blue = image(4, 3, BufferedImage.TYPE_INT_RGB, 0x0000ff);
    write("train/rose/1.png", red);
    write("train/sky/1.png", blue);
    write("test/rose/1.png", red);
    Splits splits = open();
    assertThat(splits.train().classNames()).containsExactly("rose", "sky");
    assertThat(splits.train().exampleShape()).containsExactly(3, 3, 4);
    float[] sky = example(plain(splits.train()), 1);
    assertThat(sky[0]).isZero();
    assertThat(sky[24]).isEqualTo(1);
    Splits scaled = Datasets.open(folder, DataOptions.DEFAULT.withShape(Shape.of(3, 6, 6)));
    assertThat(scaled.test().exampleShape()).containsExactly(3, 6, 6);
    assertThat(example(plain(scaled.test()), 0)[35]).isEqualTo(1);
  }

  @Test
  void greyImagesKeepTheirValues() throws IOException {
    var grey = new BufferedImage(2, 2, BufferedImage.TYPE_BYTE_GRAY);
    grey.getRaster().setSample(1, 0, 0, 77);
    var out = new ByteArrayOutputStream();
    ImageIO.write(grey, "png", out);
    write("train/a/1.png", out.toByteArray());
    write("test/a/1.png", out.toByteArray());
    ImageDataset data = (ImageDataset) open().train();
    assertThat(data.exampleShape()).containsExactly(1, 2, 2);
    assertThat(data.pixels(0)).containsExactly(0, 77, 0, 0);
  }

  @Test
  void zipsOfImages() throws IOException {
    Path zip = folder.resolve("images.zip");
    try (var out = new ZipOutputStream(Files.newOutputStream(zip))) {
      for (String name : new String[] {"train/a/1.png", "train/b/1.png", "test/b/1.png"}) {
        out.putNextEntry(new ZipEntry(name));
        out.write(image(2, 2, BufferedImage.TYPE_INT_RGB, 0x102030));
      }
    }
    Splits splits = Datasets.open(zip, DataOptions.DEFAULT);
    assertThat(splits.train().size()).isEqualTo(2);
    assertThat(label(splits.test(), 0)).isEqualTo(1);
    assertThat(((ImageDataset) splits.test()).pixels(0)[4]).isEqualTo((byte) 0x20);
    Files.write(zip, Arrays.copyOf(Files.readAllBytes(zip), 100));
    assertRefused(zip).hasMessageContaining("not a readable zip");
  }

  @Test
  void imagesThatCantBeUsedAreNamed() throws IOException {
    write("train/a/1.png", image(4, 4, BufferedImage.TYPE_INT_RGB, 0));
    write("train/a/2.png", "no image".getBytes(UTF_8));
    assertRefused(folder).hasMessageContaining("2.png' is not a JPEG or PNG image");
    write("train/a/2.png", image(5, 4, BufferedImage.TYPE_INT_RGB, 0));
    assertRefused(folder).hasMessageContaining("2.png: 5x4 pixels, the first image has 4x4");
    write("train/a/2.png", image(4, 4, BufferedImage.TYPE_INT_RGB, 0));
    write("test/c/1.png", image(4, 4, BufferedImage.TYPE_INT_RGB, 0));
    assertRefused(folder).hasMessageContaining("class 'c'");
  }

  @Test
  void nothingAtAll() {
    assertRefused(folder).hasMessageContaining("the folder is empty");
    assertRefused(folder.resolve("nowhere")).hasMessageContaining("no such file or folder");
  }

  @Test
  void somethingElse() throws IOException {
    Files.writeString(folder.resolve("notes.md"), "hello");
    assertRefused(folder).hasMessageContaining("no data in a known format");
    assertRefused(folder.resolve("notes.md")).hasMessageContaining("not a known format");
  }

  // NumPy

  private static byte[] npy(String descr, boolean fortran, String shape, byte[] elements) {
    String header =
        "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }\n"
            .formatted(descr, fortran ? "True" : "False", shape);
    var out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0});
    out.write(header.length());
    out.write(0);
    out.writeBytes(header.getBytes(UTF_8));
    out.writeBytes(elements);
    return out.toByteArray();
  }

  @Test
  void numpyArrays() {
    byte[] six = {1, 2, 3, 4, 5, 6};
    assertThat(Npy.read(npy("|u1", false, "(2, 3)", six), "x").integers())
        .containsExactly(1, 2, 3, 4, 5, 6);
    assertThat(Npy.read(npy("|u1", true, "(2, 3)", six), "x").integers())
        .containsExactly(1, 3, 5, 2, 4, 6);
    assertThat(Npy.read(npy(">i2", false, "(3,)", six), "x").integers())
        .containsExactly(0x102, 0x304, 0x506);
    assertThatThrownBy(() -> Npy.read(npy("<f4", false, "(2, 3)", six), "x.npy"))
        .hasMessageContaining("x.npy: 6 bytes of elements")
        .hasMessageContaining("takes 24");
    assertThatThrownBy(() -> Npy.read(npy("|O", false, "(6,)", six), "x.npy"))
        .hasMessageContaining("expected numbers");
    assertThatThrownBy(() -> Npy.read(six, "x.npy")).hasMessageContaining("not a NumPy array");
  }

  @Test
  void numpyFolders() throws IOException {
    Files.write(folder.resolve("x_train.npy"), npy("|u1", false, "(3, 2, 2)", new byte[12]));
    Files.write(folder.resolve("y_train.npy"), npy("|u1", false, "(3,)", new byte[] {0, 1, 2}));
    Files.write(folder.resolve("x_test.npy"), npy("|u1", false, "(1, 2, 2)", new byte[4]));
    Files.write(folder.resolve("y_test.npy"), npy("|u1", false, "(1,)", new byte[] {1}));
    assertThat(open().train().exampleShape()).containsExactly(1, 2, 2);
    assertThat(label(open().train(), 2)).isEqualTo(2);
    Files.write(folder.resolve("y_test.npy"), npy("|u1", false, "(2,)", new byte[] {1, 2}));
    assertRefused(folder).hasMessageContaining("as many of both expected");
    Files.write(folder.resolve("y_test.npy"), npy("|u1", false, "(1,)", new byte[] {3}));
    assertRefused(folder).hasMessageContaining("of 3 classes").hasMessageContaining("of 4");
  }

  // CSV

  private Path csv(String text) throws IOException {
    return Files.writeString(folder.resolve("table.csv"), text);
  }

  @Test
  void tables() throws IOException {
    Path file = csv("a,kind,b\n1,cat,2\n3,dog,4.5\n5,cat,6\n7,\"dog\",8\n9,cat,1\n");
    Splits splits = Datasets.open(file, DataOptions.DEFAULT.withLabel("kind"));
    assertThat(splits.train().classNames()).containsExactly("cat", "dog");
    assertThat(splits.train().size() + splits.test().size()).isEqualTo(5);
    assertThat(splits.train().exampleShape()).containsExactly(2);
    Path bare = csv("1,2,0\n3,4,1\n5,6,1\n7,8,0\n9,1,2\n");
    assertThat(Datasets.open(bare, DataOptions.DEFAULT).train().classes()).isEqualTo(3);
    Dataset real = Datasets.open(bare, DataOptions.DEFAULT.withRegression(true)).train();
    assertThat(real.classes()).isZero();
    assertThat(real.targetShape()).containsExactly(1);
  }

  @Test
  void tablesThatCantBeUsed() throws IOException {
    assertRefused(csv("")).hasMessageContaining("empty");
    assertRefused(csv("a,b,label\n1,NaN,0\n1,2,1\n"))
        .hasMessageContaining("row 2, column 'b': 'NaN', expected a finite number");
    assertRefused(csv("a,b,label\n1,2,0\n1,2\n")).hasMessageContaining("row 3 has 2 cells");
    assertRefused(csv("a,b,label\n")).hasMessageContaining("a header and no rows");
    assertThatThrownBy(() -> Datasets.open(csv("a,b\n1,2\n"), DataOptions.DEFAULT.withLabel("c")))
        .hasMessageContaining("no column 'c'; it has [a, b]");
  }

  // Text

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

  // Augmentation

  @Test
  void cropsAndFlips() {
    byte[] image = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    ImageDataset plain = ImageDataset.of(new byte[][] {image}, new int[1], 1, 3, 3, List.of("0"));
    ImageDataset flipped = plain.augmented(new Augmentation(0, true));
    ImageDataset cropped = plain.augmented(new Augmentation(1, false));
    var seen = new HashSet<String>();
    var crops = new HashSet<String>();
    Tensor out = Tensor.of(new float[9]);
    for (int seed = 0; seed < 200; seed++) {
      flipped.fill(new int[1], seed, out, Tensor.of(new long[1]));
      seen.add(pixels(out));
      cropped.fill(new int[1], seed, out, Tensor.of(new long[1]));
      crops.add(pixels(out));
    }
    assertThat(seen)
        .containsExactlyInAnyOrder("[1, 2, 3, 4, 5, 6, 7, 8, 9]", "[3, 2, 1, 6, 5, 4, 9, 8, 7]");
    assertThat(crops)
        .hasSize(9)
        .contains("[0, 0, 0, 0, 1, 2, 0, 4, 5]", "[5, 6, 0, 8, 9, 0, 0, 0, 0]");
  }

  private static String pixels(Tensor out) {
    int[] pixels = new int[9];
    for (int k = 0; k < 9; k++) {
      pixels[k] = Math.round(out.floatAt(k) * 255);
    }
    return Arrays.toString(pixels);
  }
}
