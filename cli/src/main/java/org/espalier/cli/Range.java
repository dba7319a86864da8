package org.espalier.cli;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Which numbers an option takes; {@link Ranges} refuses others before any file is read. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.FIELD)
@interface Range {
  /** More threads than any machine has. */
  int THREADS = 1024;

  /** In seconds: no measurement takes longer. */
  int DAY = 24 * 60 * 60;

  /** The least that it takes. */
  double from() default Double.NEGATIVE_INFINITY;

  /** What all that it takes are more than. */
  double above() default Double.NEGATIVE_INFINITY;

  /** The most that it takes. */
  double to() default Double.MAX_VALUE;

  /** What all that it takes are less than. */
  double below() default Double.POSITIVE_INFINITY;
}
