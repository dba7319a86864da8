package org.espalier.engine.plan;

/** How layers of one family of operators become steps. */
interface Rule {
  /** Plans {@code layer}, or answers false and leaves the planner as it was. */
  boolean plan(Layer layer, Planner planner);
}
