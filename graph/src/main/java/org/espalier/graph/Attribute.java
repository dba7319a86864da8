package org.espalier.graph;

import java.util.Arrays;
import java.util.List;

/**
 * The value of a node's attribute: one case for each form that ONNX's {@code AttributeProto} has.
 */
public sealed interface Attribute {
  record IntValue(long value) implements Attribute {}

  record FloatValue(float value) implements Attribute {}

  /** Text; ONNX stores bytes, which are UTF-8 by convention. */
  record StringValue(Bytes value) implements Attribute {}

  record TensorValue(Tensor value) implements Attribute {}

  record SparseTensorValue(SparseTensor value) implements Attribute {}

  record GraphValue(Graph value) implements Attribute {}

  record TypeValue(Type value) implements Attribute {}

  record IntValues(List<Long> values) implements Attribute {
    public IntValues {
      values = List.copyOf(values);
    }
  }

  record FloatValues(List<Float> values) implements Attribute {
    public FloatValues {
      values = List.copyOf(values);
    }
  }

  record StringValues(List<Bytes> values) implements Attribute {
    public StringValues {
      values = List.copyOf(values);
    }
  }

  record TensorValues(List<Tensor> values) implements Attribute {
    public TensorValues {
      values = List.copyOf(values);
    }
  }

  record SparseTensorValues(List<SparseTensor> values) implements Attribute {
    public SparseTensorValues {
      values = List.copyOf(values);
    }
  }

  record GraphValues(List<Graph> values) implements Attribute {
    public GraphValues {
      values = List.copyOf(values);
    }
  }

  record TypeValues(List<Type> values) implements Attribute {
    public TypeValues {
      values = List.copyOf(values);
    }
  }

  /** Inside a function's body: takes the value of the calling node's attribute of this name. */
  record Reference(String attribute, int type) implements Attribute {}

  /** A form newer than this library, kept as its bytes. */
  record OtherValue(Bytes bytes) implements Attribute {}

  static Attribute of(long value) {
    return new IntValue(value);
  }

  static Attribute of(float value) {
    return new FloatValue(value);
  }

  static Attribute of(String value) {
    return new StringValue(Bytes.utf8(value));
  }

  static Attribute of(Tensor value) {
    return new TensorValue(value);
  }

  static Attribute of(Graph value) {
    return new GraphValue(value);
  }

  static Attribute of(long... values) {
    return new IntValues(Arrays.stream(values).boxed().toList());
  }

  static Attribute ofFloats(List<Float> values) {
    return new FloatValues(values);
  }
}
