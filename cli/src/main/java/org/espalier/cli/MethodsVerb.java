package org.espalier.cli;

import java.io.PrintWriter;
import java.util.List;
import org.espalier.prune.About;
import org.espalier.prune.Method;
import org.espalier.prune.Methods;
import org.espalier.prune.WeightMethod;
import org.espalier.prune.structured.BlockMethod;
import org.espalier.prune.structured.ChannelMethod;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Lists the methods, or explains one. */
@Command(
    name = "methods",
    description = "Lists the pruning methods, or explains one.",
    footer = {"", "Examples:", "  espalier methods", "  espalier methods magnitude"})
final class MethodsVerb extends Verb<List<About>> {
  @Parameters(arity = "0..1", paramLabel = "NAME", description = "Explain this one.")
  String name;

  @Override
  List<About> call(Console console) {
    return name == null
        ? Methods.all().stream().map(Method::about).toList()
        : List.of(Methods.named(name).about());
  }

  @Override
  void print(List<About> methods, PrintWriter out) {
    if (name != null) {
      About about = methods.getFirst();
      out.printf("%s (%s)%n%n%s%n%n", about.title(), about.name(), about.idea());
      if (about.isPublished()) {
        out.printf("paper     %s, %d %s%n", about.paper(), about.year(), about.reference());
      }
      out.printf("family    %s%n", about.family());
      out.printf("patterns  %s%n", String.join(", ", about.patterns()));
      out.printf("needs     %s%n", String.join(", ", about.needs()));
      Method method = Methods.named(name);
      out.printf("cost      %s%n", MethodCost.of(method));
      boolean zeros = !about.patterns().contains("structured");
      if (method instanceof WeightMethod || (method.trains() && zeros && about.prunes())) {
        out.printf("spread    %s over the layers, unless --allocation says%n", spread(method));
      }
      if (method instanceof ChannelMethod channels && channels.repairs()) {
        out.printf("mends     changes weights that stay, to make up for those that go%n");
      }
      out.printf("use       %s%n", use(method));
      return;
    }
    Table table = new Table("method", "year", "family", "patterns", "needs");
    for (About about : methods) {
      table.row(
          about.name(),
          about.isPublished() ? Integer.toString(about.year()) : "-",
          about.family(),
          String.join(", ", about.patterns()),
          String.join(", ", about.needs()));
    }
    table.print(out);
  }

  private static String spread(Method method) {
    return method.allocation().name();
  }

  private static String use(Method method) {
    String name = method.about().name();
    if (method.trains()) {
      if (!method.about().prunes()) {
        return "espalier train NET -o OUT --data D --recipe " + name;
      }
      String share =
          method.about().patterns().contains("structured") ? "channels=0.5" : "sparsity=0.9";
      return "espalier train NET -o OUT --data D --recipe %s --budget %s".formatted(name, share);
    }
    String data = MethodCost.observes(method) ? " --data D" : "";
    String budget =
        switch (method) {
          case ChannelMethod _ -> "channels=0.5";
          case BlockMethod _ -> "blocks=3";
          default -> "sparsity=0.5";
        };
    return "espalier prune IN -o OUT --recipe %s --budget %s%s".formatted(name, budget, data);
  }
}
