/**
 * Sparse inference in pure Java. Start at {@link org.espalier.engine.Engine}; what {@code
 * org.espalier.engine.plan} shows of a plan is for reading.
 */
module org.espalier.engine {
  requires transitive org.espalier.graph;
  requires jdk.incubator.vector;

  exports org.espalier.engine;
  exports org.espalier.engine.plan;
}
