package org.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.espalier.prune.About;
import org.espalier.prune.Method;
import org.espalier.prune.Methods;
import org.junit.jupiter.api.Test;

/** {@code docs/methods.md} says what the registry says; the property rewrites it. */
class MethodsDocTest {
  @Test
  void thePageIsWhatTheRegistrySays() throws IOException {
    new DocPage("methods.md", getClass()).is(page());
  }

  /** When it prunes, what, by what it knows, and at which cost. */
  @Test
  void everyMethodSaysWhatItIs() {
    for (Method method : Methods.all()) {
      About about = method.about();
      assertThat(about.family()).as(about.name()).isIn("post-training", "training");
      assertThat(about.patterns())
          .as(about.name())
          .isNotEmpty()
          .isSubsetOf("unstructured", "N:M", "block", "structured", "blocks", "none");
      assertThat(about.needs()).as(about.name()).isNotEmpty();
      assertThat(about.idea()).as(about.name()).endsWith(".");
      assertThat(about.year()).as(about.name()).isBetween(1989, 2030);
      assertThat(MethodCost.of(method)).as(about.name()).isNotBlank();
    }
  }

  private static String page() {
    var page = new StringBuilder();
    page.append("# Methods\n\nAll registered methods. The page is made from the registry; a test");
    page.append(" fails when it is stale. `espalier methods NAME` explains one, `espalier");
    page.append(" compare` shows what they are worth on a network of yours.\n");
    Map<String, List<Method>> families =
        Methods.all().stream()
            .collect(
                Collectors.groupingBy(
                    method -> method.about().family(), TreeMap::new, Collectors.toList()));
    families.forEach(
        (family, methods) -> {
          page.append("\n## %s\n\n".formatted(capital(family)));
          page.append("| method | what it does | paper | patterns | needs | cost |\n");
          page.append("| --- | --- | --- | --- | --- | --- |\n");
          methods.forEach(method -> page.append(row(method)));
        });
    return page.toString();
  }

  private static String row(Method method) {
    About about = method.about();
    return "| `%s` | **%s.** %s | %s | %s | %s | %s |\n"
        .formatted(
            about.name(),
            cell(about.title()),
            cell(about.idea()),
            cell("%s, %d%s".formatted(about.paper(), about.year(), reference(about.reference()))),
            cell(String.join(", ", about.patterns())),
            cell(String.join(", ", about.needs())),
            cell(MethodCost.of(method)));
  }

  private static String reference(String reference) {
    if (reference.isEmpty()) {
      return "";
    }
    return reference.startsWith("arXiv:")
        ? ", [%s](https://arxiv.org/abs/%s)"
            .formatted(reference, reference.substring("arXiv:".length()))
        : ", " + reference;
  }

  private static String cell(String text) {
    return text.replace("|", "\\|").replace("\n", " ");
  }

  private static String capital(String text) {
    return Character.toUpperCase(text.charAt(0)) + text.substring(1);
  }
}
