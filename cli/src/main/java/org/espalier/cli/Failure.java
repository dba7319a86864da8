package org.espalier.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.regex.Pattern;
import org.espalier.graph.InvalidInputException;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** What went wrong, told to the user: one line for what they can mend, a trace for our defects. */
final class Failure {
  static final int CHECK_FAILED = 1;
  static final int BAD_INPUT = 2;
  static final int DEFECT = 3;

  private static final String DEFECT_LINE =
      "espalier: this is a defect of ours; please report it with the lines above";

  private Failure() {}

  /** How picocli lists the values of an enum. */
  private static final Pattern CHOICES =
      Pattern.compile("\\[([A-Z_]+(?:, [A-Z_]+)*)] \\(case-insensitive\\)");

  /** A command line that can't be understood: what is wrong, and where to read on. */
  static int usage(ParameterException failure, String[] args) {
    CommandLine line = failure.getCommandLine();
    line.getErr()
        .printf(
            "espalier: %s ('%s --help' tells more)%n",
            written(failure.getMessage()), line.getCommandSpec().qualifiedName());
    return BAD_INPUT;
  }

  /** On one line, and choices as the help has them. */
  private static String written(String message) {
    return CHOICES
        .matcher(message.replaceAll("\\s*\\R\\s*", " "))
        .replaceAll(found -> found.group(1).toLowerCase(Locale.ROOT).replace('_', '-'));
  }

  /** What no command can catch and go on from. */
  static int report(Error failure, PrintWriter err) {
    if (failure instanceof OutOfMemoryError) {
      String what = failure.getMessage() == null ? "" : " (" + failure.getMessage() + ")";
      err.printf(
          "espalier: out of memory%s: the heap may take %d MB;"
              + " ESPALIER_JVM_OPTS=-Xmx8g, for example, allows more%n",
          what, Runtime.getRuntime().maxMemory() >> 20);
      err.flush();
      return BAD_INPUT;
    }
    failure.printStackTrace(err);
    err.println(DEFECT_LINE);
    return DEFECT;
  }

  static int report(Exception failure, CommandLine line, ParseResult parsed) {
    PrintWriter err = line.getErr();
    int code = code(failure);
    if (code == DEFECT) {
      failure.printStackTrace(err);
      err.println(DEFECT_LINE);
    } else {
      err.println("espalier: " + Plain.text(message(failure)));
    }
    return code;
  }

  static int code(Throwable failure) {
    return switch (failure) {
      case InvalidInputException _ -> BAD_INPUT;
      case ParameterException _ -> BAD_INPUT;
      case IOException _ -> BAD_INPUT;
      case UncheckedIOException _ -> BAD_INPUT;
      case CancellationException _ -> BAD_INPUT;
      default -> DEFECT;
    };
  }

  private static String message(Throwable failure) {
    return switch (failure) {
      case UncheckedIOException unchecked -> message(unchecked.getCause());
      case NoSuchFileException missing -> missing.getFile() + ": no such file or folder";
      case AccessDeniedException denied -> denied.getFile() + ": permission denied";
      case FileSystemException file when file.getReason() != null ->
          file.getFile() + ": " + file.getReason();
      default ->
          failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
    };
  }
}
