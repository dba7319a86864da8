/** ONNX models as data: read, written, checked, changed, evaluated and built; nothing but Java. */
module org.espalier.graph {
  exports org.espalier.graph;
  exports org.espalier.graph.build;
  exports org.espalier.graph.eval;
  exports org.espalier.graph.infer;
  exports org.espalier.graph.inspect;
  exports org.espalier.graph.onnx;
  exports org.espalier.graph.pass;
  exports org.espalier.graph.zoo;
}
