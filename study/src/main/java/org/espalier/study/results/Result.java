package org.espalier.study.results;

/** What is kept of one piece of work, as one JSON value. */
public interface Result {
  /** What it is the result of, see {@link Identity}. */
  String identity();
}
