package org.espalier.train.data;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.junit.jupiter.api.Test;

/** Images in folders and zips, and how they are changed for training. */
final class ImageLoadersTest extends LoaderTestBase {
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
