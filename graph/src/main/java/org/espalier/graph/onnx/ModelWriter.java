package org.espalier.graph.onnx;

import org.espalier.graph.Model;

/** Writes a {@code ModelProto}. */
final class ModelWriter {
  private ModelWriter() {}

  /** The model as one message, all weights in it. */
  static WireWriter write(Model model) {
    return write(model, TensorWriter::write);
  }

  static WireWriter write(Model unpacked, GraphWriter.Initializers initializers) {
    Model model = Packing.packed(unpacked);
    var graphs = new GraphWriter(initializers);
    var out = new WireWriter();
    out.integer(1, model.irVersion());
    out.textUnlessEmpty(2, model.producerName());
    out.textUnlessEmpty(3, model.producerVersion());
    out.textUnlessEmpty(4, model.domain());
    out.integerUnlessZero(5, model.modelVersion());
    out.message(7, graphs.graph(model.graph()));
    TensorWriter.opsets(out, 8, model.opsets());
    model.functions().forEach(function -> out.message(25, graphs.function(function)));
    TensorWriter.details(out, model.details(), 6, 14);
    return out;
  }
}
