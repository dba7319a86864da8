package org.espalier.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.Locale;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/** The {@code espalier} command. */
@Command(
    name = "espalier",
    versionProvider = Version.class,
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = {
      "Makes neural networks sparse and compact, proves that they still work, runs them fast.",
      ""
    },
    footer = {
      "",
      "Start with:",
      "  espalier quickstart          the whole path on one network; needs no data",
      "  espalier inspect model.onnx  what is in a file, and where its parameters go",
      "  espalier COMMAND --help      a command's options, with examples",
      "",
      "Exit codes: 0 done; 1 done, and what was checked does not hold; 2 bad usage or input;"
          + " 3 a defect of ours."
    },
    subcommands = {
      QuickstartVerb.class,
      InspectVerb.class,
      CheckVerb.class,
      PruneVerb.class,
      TrainVerb.class,
      PackVerb.class,
      EvaluateVerb.class,
      MeasureVerb.class,
      RegimesVerb.class,
      CompareVerb.class,
      BenchVerb.class,
      LayersVerb.class,
      LatencyVerb.class,
      PerformanceVerb.class,
      MemoryVerb.class,
      VerifyVerb.class,
      RedrawVerb.class,
      ZooVerb.class,
      MethodsVerb.class,
      DoctorVerb.class,
      HelpCommand.class,
      GenerateCompletion.class,
    })
final class Main {
  private Main() {}

  public static void main(String[] args) {
    // 0.5, never 0,5: reports and certificates are the same everywhere.
    Locale.setDefault(Locale.ROOT);
    // Warnings of the library on one line each.
    System.setProperty("java.util.logging.SimpleFormatter.format", "espalier: %4$s: %5$s%6$s%n");
    System.exit(run(writer(System.out), writer(System.err), args));
  }

  private static PrintWriter writer(PrintStream stream) {
    return new PrintWriter(stream, true, stream.charset());
  }

  /** The command with all its verbs. */
  static CommandLine command() {
    CommandLine line = new CommandLine(new Main());
    line.getSubcommands()
        .get("generate-completion")
        .getCommandSpec()
        .usageMessage()
        .hidden(false)
        .description("Prints a completion script for bash and zsh.")
        .footer("", "Example:", "  source <(espalier generate-completion)");
    return line;
  }

  /** Runs one command line and returns its exit code. */
  static int run(PrintWriter out, PrintWriter err, String... args) {
    CommandLine line = command();
    line.setOut(out)
        .setErr(err)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setAbbreviatedOptionsAllowed(false)
        .setUseSimplifiedAtFiles(true) // a line, an argument: how the launcher passes many
        .setExecutionExceptionHandler(Failure::report)
        .setParameterExceptionHandler(Failure::usage)
        .setExitCodeExceptionMapper(failure -> Failure.code(failure));
    try {
      return line.execute(args);
    } catch (Error beyondUs) {
      return Failure.report(beyondUs, err);
    }
  }
}
