package org.espalier.graph;

/** A named value of a graph with its type: an input, an output, or an annotation in between. */
public record ValueInfo(String name, Type type, Details details) {
  public ValueInfo(String name, Type type) {
    this(name, type, Details.NONE);
  }

  public static ValueInfo of(String name, DataType element, Shape shape) {
    return new ValueInfo(name, Type.tensor(element, shape));
  }
}
