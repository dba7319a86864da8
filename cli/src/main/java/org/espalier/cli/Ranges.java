package org.espalier.cli;

import java.lang.reflect.Field;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.espalier.graph.InvalidInputException;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** Holds what the user gave against each option's {@link Range}. */
final class Ranges {
  private Ranges() {}

  static void check(ParseResult parsed) {
    for (OptionSpec option : parsed.matchedOptions()) {
      Range range = of(option);
      if (range != null) {
        Object given = option.getValue();
        Collection<?> numbers = given instanceof Collection<?> several ? several : List.of(given);
        numbers.forEach(number -> check(option, (Number) number, range));
      }
    }
  }

  /** An option's range, or null. */
  static Range of(OptionSpec option) {
    return option.userObject() instanceof Field field ? field.getAnnotation(Range.class) : null;
  }

  private static void check(OptionSpec option, Number given, Range range) {
    double number = given.doubleValue();
    boolean within =
        number >= range.from()
            && number > range.above()
            && number <= range.to()
            && number < range.below();
    if (!within) {
      throw new InvalidInputException(
          "%s %s: expected %s".formatted(option.longestName(), given, words(range)));
    }
  }

  /** Such as {@code more than 0 and 1 at most}. */
  private static String words(Range range) {
    return Stream.of(
            bound("", range.from(), " or more"),
            bound("more than ", range.above(), ""),
            bound("", range.to(), " at most"),
            bound("less than ", range.below(), ""))
        .filter(text -> !text.isEmpty())
        .collect(Collectors.joining(" and "));
  }

  private static String bound(String before, double bound, String after) {
    if (!Double.isFinite(bound) || bound == Double.MAX_VALUE) {
      return "";
    }
    boolean whole = bound == Math.rint(bound);
    return before + (whole ? Long.toString((long) bound) : Double.toString(bound)) + after;
  }
}
