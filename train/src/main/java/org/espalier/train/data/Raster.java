package org.espalier.train.data;

import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import org.espalier.graph.InvalidInputException;

/** Turns decoded images into planes of bytes. */
final class Raster {
  /**
   * What images become.
   *
   * @param resize whether another size is scaled to cover this one and cropped at the centre, or is
   *     an error
   */
  record Form(int channels, int height, int width, boolean resize) {}

  private Raster() {}

  static boolean isIndexed(BufferedImage image) {
    return image.getColorModel() instanceof IndexColorModel;
  }

  /** The image as [channels, height, width]. */
  static byte[] bytes(BufferedImage image, Form form, String where) {
    BufferedImage fitting = image;
    if (image.getWidth() != form.width() || image.getHeight() != form.height()) {
      if (!form.resize()) {
        throw new InvalidInputException(
            ("%s: %dx%d pixels, the first image has %dx%d;"
                    + " --image-shape says what to scale all to")
                .formatted(
                    where, image.getWidth(), image.getHeight(), form.width(), form.height()));
      }
      fitting = covering(image, form);
    }
    return planes(fitting, form);
  }

  /** Scaled so that the shorter side fits, the rest cropped on both sides alike. */
  private static BufferedImage covering(BufferedImage image, Form form) {
    double scale =
        Math.max(
            (double) form.width() / image.getWidth(), (double) form.height() / image.getHeight());
    int width = Math.max(form.width(), (int) Math.round(image.getWidth() * scale));
    int height = Math.max(form.height(), (int) Math.round(image.getHeight() * scale));
    BufferedImage current = image;
    // Bilinear filtering looks at two pixels a side only, so large images shrink by halves first.
    while (current.getWidth() >= 2 * width && current.getHeight() >= 2 * height) {
      current = scaled(current, current.getWidth() / 2, current.getHeight() / 2);
    }
    current = scaled(current, width, height);
    return current.getSubimage(
        (width - form.width()) / 2, (height - form.height()) / 2, form.width(), form.height());
  }

  private static BufferedImage scaled(BufferedImage image, int width, int height) {
    boolean gray = image.getType() == BufferedImage.TYPE_BYTE_GRAY;
    var scaled =
        new BufferedImage(
            width, height, gray ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = scaled.createGraphics();
    graphics.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
    graphics.drawImage(image, 0, 0, width, height, null);
    graphics.dispose();
    return scaled;
  }

  private static byte[] planes(BufferedImage image, Form form) {
    int plane = form.height() * form.width();
    byte[] bytes = new byte[form.channels() * plane];
    // getRGB would take grey samples for linear light and brighten them.
    boolean gray =
        image.getRaster().getNumBands() < 3
            && !isIndexed(image)
            && image.getRaster().getSampleModel().getSampleSize(0) == 8;
    int[] row = new int[form.width()];
    for (int y = 0; y < form.height(); y++) {
      if (gray) {
        image.getRaster().getSamples(0, y, form.width(), 1, 0, row);
      } else {
        image.getRGB(0, y, form.width(), 1, row, 0, form.width());
      }
      for (int x = 0; x < form.width(); x++) {
        int at = y * form.width() + x;
        int red = gray ? row[x] : row[x] >> 16 & 0xff;
        int green = gray ? row[x] : row[x] >> 8 & 0xff;
        int blue = gray ? row[x] : row[x] & 0xff;
        if (form.channels() == 1) {
          // ITU-R BT.601 luma, as PIL's "L" has it.
          bytes[at] = (byte) ((red * 299 + green * 587 + blue * 114 + 500) / 1000);
        } else {
          bytes[at] = (byte) red;
          bytes[plane + at] = (byte) green;
          bytes[2 * plane + at] = (byte) blue;
        }
      }
    }
    return bytes;
  }
}
