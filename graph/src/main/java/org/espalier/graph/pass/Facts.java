package org.espalier.graph.pass;

import java.util.Optional;
import org.espalier.graph.DataType;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;

/** What is known of a model's values before it runs; a rule does without where nothing is. */
interface Facts {
  Optional<DataType> type(String value);

  Optional<Shape> shape(String value);

  Optional<Tensor> constant(String value);
}
