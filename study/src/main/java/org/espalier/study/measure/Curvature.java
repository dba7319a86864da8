package org.espalier.study.measure;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;
import org.espalier.prune.Layer;
import org.espalier.prune.Mask;
import org.espalier.prune.evidence.Evidence;

/**
 * The Hessian of the mean training loss over the weights of the layers that aren't zero, as a
 * product with vectors: those weights lie one after the other.
 */
final class Curvature implements UnaryOperator<double[]> {
  private final List<Layer> layers;
  private final List<Mask> masks;
  private final Evidence evidence;
  private final Runnable after;

  /**
   * @param after is run after each product
   */
  Curvature(List<Layer> layers, Evidence evidence, Runnable after) {
    this.layers = layers;
    this.masks = layers.stream().map(layer -> Mask.ofNonzeros(layer.tensor())).toList();
    this.evidence = evidence;
    this.after = after;
  }

  /**
   * Of a network, on examples of the training part.
   *
   * @param measurement what it is for: progress is told after each product
   * @param most how many products there will be at most
   */
  static Curvature of(Subject subject, Measurement measurement, int most) {
    int[] done = new int[1];
    return new Curvature(
        subject.layers(),
        subject.evidence(subject.training()),
        () -> subject.progress(measurement.name(), ++done[0], most));
  }

  /** The number of weights. */
  int size() {
    return masks.stream().mapToInt(Mask::kept).sum();
  }

  @Override
  public double[] apply(double[] vector) {
    var parts = new LinkedHashMap<String, Tensor>();
    int from = 0;
    for (int k = 0; k < layers.size(); k++) {
      Tensor part = Tensor.allocate(DataType.FLOAT, shape(k));
      for (int index : masks.get(k).bits().stream().toArray()) {
        part.data().setAtIndex(ValueLayout.JAVA_FLOAT, index, (float) vector[from++]);
      }
      parts.put(layers.get(k).weight(), part);
    }
    Map<String, Tensor> products = evidence.hessianVector(parts);
    double[] product = new double[size()];
    int to = 0;
    for (int k = 0; k < layers.size(); k++) {
      MemorySegment part = products.get(layers.get(k).weight()).data();
      for (int index : masks.get(k).bits().stream().toArray()) {
        product[to++] = part.getAtIndex(ValueLayout.JAVA_DOUBLE, index);
      }
    }
    after.run();
    return product;
  }

  private long[] shape(int layer) {
    return layers.get(layer).tensor().dims();
  }

  /** A vector of random signs. */
  static double[] signs(int size, SplittableRandom random) {
    double[] signs = new double[size];
    for (int k = 0; k < size; k++) {
      signs[k] = random.nextBoolean() ? 1 : -1;
    }
    return signs;
  }

  static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int k = 0; k < a.length; k++) {
      sum += a[k] * b[k];
    }
    return sum;
  }
}
