package org.espalier.study.arena;

import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import javax.imageio.ImageIO;
import org.espalier.train.data.Batch;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.ImageDataset;

/** Examples as small pictures, where they look like any: [1 or 3, height, width]. */
final class Thumbnails {
  private static final int LARGEST = 64;

  private final Dataset data;
  private final Map<Integer, byte[]> drawn = new HashMap<>();

  Thumbnails(Dataset data) {
    this.data = data;
  }

  /** The example as a PNG file; empty where it is no image. */
  byte[] of(int example) {
    long[] shape = data.exampleShape();
    boolean image = shape.length == 3 && (shape[0] == 1 || shape[0] == 3);
    return image ? drawn.computeIfAbsent(example, this::draw) : new byte[0];
  }

  private byte[] draw(int example) {
    long[] shape = data.exampleShape();
    int height = (int) shape[1];
    int width = (int) shape[2];
    byte[] planes = data instanceof ImageDataset images ? images.pixels(example) : shaded(example);
    int plane = height * width;
    int second = planes.length == plane ? 0 : plane;
    var image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int k = 0; k < plane; k++) {
      int red = planes[k] & 0xff;
      int green = planes[second + k] & 0xff;
      int blue = planes[2 * second + k] & 0xff;
      image.setRGB(k % width, k / width, red << 16 | green << 8 | blue);
    }
    return png(fitting(image));
  }

  /** The example's values from black, the least of them, to white. */
  private byte[] shaded(int example) {
    float[] values = Batch.of(data, new int[] {example}, 0).inputs().floats();
    float least = Float.POSITIVE_INFINITY;
    float most = Float.NEGATIVE_INFINITY;
    for (float value : values) {
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    byte[] bytes = new byte[values.length];
    for (int k = 0; k < values.length; k++) {
      bytes[k] = (byte) Math.round(255 * (values[k] - least) / Math.max(most - least, 1e-9f));
    }
    return bytes;
  }

  private static BufferedImage fitting(BufferedImage image) {
    int side = Math.max(image.getWidth(), image.getHeight());
    if (side <= LARGEST) {
      return image;
    }
    int width = Math.max(1, image.getWidth() * LARGEST / side);
    int height = Math.max(1, image.getHeight() * LARGEST / side);
    var small = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = small.createGraphics();
    graphics.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
    graphics.drawImage(image, 0, 0, width, height, null);
    graphics.dispose();
    return small;
  }

  private static byte[] png(BufferedImage image) {
    var bytes = new ByteArrayOutputStream();
    try {
      ImageIO.setUseCache(false);
      ImageIO.write(image, "png", bytes);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return bytes.toByteArray();
  }
}
