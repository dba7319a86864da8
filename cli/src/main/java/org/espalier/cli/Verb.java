package org.espalier.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.PrintWriter;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.espalier.graph.InvalidInputException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/**
 * One command: options, one call into the library, a result. What all commands share is here:
 * {@code --json}, progress on stderr, the exit code.
 *
 * @param <R> the result, a record whose components are the keys of the JSON
 */
abstract class Verb<R> implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(names = "--json", description = "Print one JSON value on stdout and nothing else there.")
  private boolean json;

  @Option(
      names = {"-q", "--quiet"},
      description = "No progress on stderr.")
  private boolean quiet;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  /** Does the work. */
  abstract R call(Console console) throws Exception;

  /** Prints the result for people. */
  abstract void print(R result, PrintWriter out);

  /** Whether what the command was asked to check holds; if not, the exit code is 1. */
  boolean holds(R result) {
    return true;
  }

  /** The first of these options that the user gave. */
  final Optional<String> given(Collection<String> options) {
    ParseResult parsed = spec.commandLine().getParseResult();
    return options.stream().filter(parsed::hasMatchedOption).findFirst();
  }

  /** Refuses options that say nothing without something else. */
  final void refuseWithout(boolean there, String something, String... options) {
    if (!there) {
      given(List.of(options))
          .ifPresent(
              option -> {
                throw new InvalidInputException(option + " needs " + something);
              });
    }
  }

  @Override
  public final Integer call() throws Exception {
    Ranges.check(spec.commandLine().getParseResult());
    R result;
    try (Console console = new Console(spec.commandLine().getErr(), !quiet)) {
      result = call(console);
    }
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(toJson(result));
    } else {
      print(result, out);
    }
    out.flush();
    return holds(result) ? 0 : Failure.CHECK_FAILED;
  }

  private static String toJson(Object result) throws JsonProcessingException {
    return Json.MAPPER.writeValueAsString(result);
  }
}
