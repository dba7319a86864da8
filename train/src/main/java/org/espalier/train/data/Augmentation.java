package org.espalier.train.data;

import org.espalier.graph.InvalidInputException;

/**
 * Chance changes to training images: a crop of the same size out of the image with a black border,
 * and a horizontal flip of every second one.
 *
 * @param border how many pixels of border; 0 for no cropping
 * @param flip whether to flip; wrong for digits and text
 */
public record Augmentation(int border, boolean flip) {
  public static final Augmentation NONE = new Augmentation(0, false);

  /** The usual for CIFAR: a border of four pixels and flips. */
  public static final Augmentation CIFAR = new Augmentation(4, true);

  public Augmentation {
    if (border < 0) {
      throw new InvalidInputException("a border of " + border + " pixels, expected 0 or more");
    }
  }
}
