package org.espalier.train.data;

import java.util.Collections;
import java.util.List;
import org.espalier.graph.InvalidInputException;

/**
 * How pixels become numbers: divided by 255, minus the mean, over the standard deviation, channel
 * by channel.
 *
 * @param mean of each channel, in parts of 255
 * @param std of each channel, in parts of 255
 */
public record Normalization(List<Double> mean, List<Double> std) {
  public static final Normalization MNIST = new Normalization(List.of(0.1307), List.of(0.3081));
  public static final Normalization CIFAR10 =
      new Normalization(List.of(0.4914, 0.4822, 0.4465), List.of(0.2470, 0.2435, 0.2616));
  public static final Normalization CIFAR100 =
      new Normalization(List.of(0.5071, 0.4865, 0.4409), List.of(0.2673, 0.2564, 0.2762));
  public static final Normalization IMAGENET =
      new Normalization(List.of(0.485, 0.456, 0.406), List.of(0.229, 0.224, 0.225));

  private static final List<Normalization> PUBLISHED = List.of(MNIST, CIFAR10, CIFAR100, IMAGENET);
  private static final double NEAR = 0.005;

  public Normalization {
    mean = List.copyOf(mean);
    std = List.copyOf(std);
    if (mean.size() != std.size() || mean.isEmpty()) {
      throw new InvalidInputException(
          "a mean for %d channels, a standard deviation for %d".formatted(mean.size(), std.size()));
    }
    if (std.stream().anyMatch(value -> !(value > 0))) {
      throw new InvalidInputException("standard deviations " + std + ", expected more than 0");
    }
  }

  /** Pixels in parts of 255, nothing else. */
  public static Normalization none(int channels) {
    return new Normalization(
        Collections.nCopies(channels, 0.0), Collections.nCopies(channels, 1.0));
  }

  /**
   * These values, or the published ones of MNIST, CIFAR or ImageNet where they are as good as the
   * same: a network from elsewhere then sees exactly what it was trained on.
   */
  Normalization orPublished() {
    return PUBLISHED.stream().filter(this::isNear).findFirst().orElse(this);
  }

  private boolean isNear(Normalization that) {
    return isNear(mean, that.mean) && isNear(std, that.std);
  }

  private static boolean isNear(List<Double> a, List<Double> b) {
    if (a.size() != b.size()) {
      return false;
    }
    for (int k = 0; k < a.size(); k++) {
      if (Math.abs(a.get(k) - b.get(k)) > NEAR) {
        return false;
      }
    }
    return true;
  }
}
