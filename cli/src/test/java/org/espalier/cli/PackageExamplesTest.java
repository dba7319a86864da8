package org.espalier.cli;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.util.JavacTask;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/** The examples of {@code package-info} and {@code README.md} compile where they stand. */
class PackageExamplesTest {
  private static final Path ROOT = Path.of(System.getProperty("espalier.root", ".."));

  private static final Pattern EXAMPLE =
      Pattern.compile(
          "(?:\\{@snippet :|<pre>\\{@code)\\R(.*?)^ \\* }(?:</pre>|\\R \\*(?=/|$))",
          Pattern.DOTALL | Pattern.MULTILINE);

  private static final Pattern README = Pattern.compile("```java\\R(.*?)```", Pattern.DOTALL);

  /** Not on this class path; their class comments are the commands that run them. */
  private static final String BENCHMARKS = "org.espalier.bench";

  /** What examples take from elsewhere. */
  private static final String IMPORTS =
      """
      import static org.espalier.graph.build.Conv.kernel;
      import java.nio.file.*;
      import java.util.*;
      import org.bytedeco.javacpp.*;
      import org.bytedeco.pytorch.global.torch;
      """;

  /** What examples speak of without saying where it came from. */
  private static final String GIVEN =
      """
      static java.io.PrintWriter out, err;
      static Path file;
      static long seed, count;
      static java.lang.foreign.MemorySegment x, y, arguments;
      static org.espalier.graph.Model model, dense, sparse, pruned;
      static org.espalier.graph.Tensor image;
      static Map<String, org.espalier.graph.Tensor> inputs;
      static Map<String, org.espalier.graph.Shape> shapes;
      static java.util.function.Function<org.espalier.graph.Model, org.espalier.graph.Executor> compiler;
      static org.espalier.engine.kernel.Kernels kernels;
      static org.bytedeco.pytorch.Tensor images, labels;
      static org.espalier.prune.evidence.Calibration calibration;
      static org.espalier.prune.coupling.Coupling coupling;
      static org.espalier.prune.coupling.Group group;
      static org.espalier.prune.coupling.Removal removal;
      static org.espalier.train.data.Splits data;
      static org.espalier.train.TrainingOptions options;
      static org.espalier.train.TrainingTask task;
      """;

  @Test
  void examplesCompile() throws IOException {
    List<Path> pages = pages();
    String packages =
        pages.stream()
            .map(PackageExamplesTest::name)
            .filter(name -> !name.startsWith(BENCHMARKS))
            .map("import %s.*;\n"::formatted)
            .collect(joining());
    var sources = new ArrayList<JavaFileObject>();
    for (Path page : pages) {
      if (name(page).startsWith(BENCHMARKS)) {
        continue;
      }
      Matcher example = EXAMPLE.matcher(Files.readString(page));
      assertThat(example.find()).as("an example in " + page).isTrue();
      sources.add(source(name(page), packages, example.group(1).replaceAll("(?m)^ \\* ?", "")));
    }
    Matcher readme = README.matcher(Files.readString(ROOT.resolve("README.md")));
    assertThat(readme.find()).isTrue();
    sources.add(source("readme", packages, readme.group(1)));

    var found = new DiagnosticCollector<JavaFileObject>();
    var compiler = ToolProvider.getSystemJavaCompiler();
    List<String> options = List.of("-proc:none", "-cp", System.getProperty("java.class.path"));
    ((JavacTask) compiler.getTask(null, null, found, options, null, sources)).analyze();
    assertThat(found.getDiagnostics())
        .filteredOn(each -> each.getKind() == Diagnostic.Kind.ERROR)
        .extracting(each -> each.getSource().getName() + ": " + each.getMessage(Locale.ROOT))
        .isEmpty();
  }

  private static List<Path> pages() throws IOException {
    try (Stream<Path> files = Files.walk(ROOT)) {
      return files.filter(file -> file.endsWith("package-info.java")).sorted().toList();
    }
  }

  private static String name(Path page) {
    Path sources = ROOT.resolve(ROOT.relativize(page).getName(0)).resolve("src/main/java");
    return sources.relativize(page.getParent()).toString().replace('/', '.');
  }

  /** The body of a method, in a class of its package. */
  private static JavaFileObject source(String name, String packages, String body) {
    String text =
        """
        package %s;
        %s%s
        class Example {
        %s
        static void example() throws Exception {
        %s
        }
        }
        """
            .formatted(name, IMPORTS, packages, GIVEN, body);
    URI file = URI.create("string:///" + name.replace('.', '/') + "/Example.java");
    return new SimpleJavaFileObject(file, JavaFileObject.Kind.SOURCE) {
      @Override
      public CharSequence getCharContent(boolean ignoreEncodingErrors) {
        return text;
      }
    };
  }
}
