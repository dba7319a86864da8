package org.espalier.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;
import org.espalier.graph.Model;
import org.espalier.prune.coupling.Axis;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Frozen;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Member;
import org.espalier.prune.coupling.Role;

/** What {@code inspect --coupling} shows; every part is absent where it wasn't asked for. */
@JsonInclude(JsonInclude.Include.NON_ABSENT)
record Couplings(
    Optional<List<Row>> groups, Optional<List<Kept>> frozen, Optional<Double> prunableShare) {
  static final Couplings NONE = new Couplings(Optional.empty(), Optional.empty(), Optional.empty());

  /** A group of channels that can go one by one. */
  record Row(String name, int size, List<Part> members) {
    static Row of(Group group) {
      return new Row(group.name(), group.size(), group.members().stream().map(Part::of).toList());
    }
  }

  /** An axis of a weight that a group runs along. */
  record Part(String weight, int axis, String role) {
    static Part of(Member member) {
      Axis axis = member.weight();
      return new Part(
          axis.value(), axis.axis(), member.role() == Role.PRODUCER ? "producer" : "consumer");
    }
  }

  /** An axis that must stay as it is. */
  record Kept(String value, int axis, String node, String reason) {
    static Kept of(Frozen frozen) {
      return new Kept(
          frozen.value().value(), frozen.value().axis(), frozen.node(), frozen.reason());
    }
  }

  static Couplings of(Model model) {
    Coupling coupling = Coupling.of(model);
    return new Couplings(
        Optional.of(coupling.groups().stream().map(Row::of).toList()),
        Optional.of(coupling.frozen().stream().map(Kept::of).toList()),
        Optional.of(coupling.prunableShare()));
  }

  void print(PrintWriter out) {
    if (prunableShare.isEmpty()) {
      return;
    }
    List<Row> rows = groups.orElseThrow();
    out.printf(
        "%nGroups of channels, in weights that hold %s of the parameters: %d%n%n",
        Units.percent(prunableShare.get()), rows.size());
    Table table = new Table("channels", "made by", "weights", "read by");
    for (Row row : rows) {
      List<Part> made = row.members().stream().filter(m -> m.role().equals("producer")).toList();
      List<Part> read = row.members().stream().filter(m -> m.role().equals("consumer")).toList();
      table.row(
          Integer.toString(row.size()),
          row.name() + (made.size() > 1 ? " and %d more".formatted(made.size() - 1) : ""),
          Integer.toString(row.members().size()),
          read.isEmpty()
              ? "-"
              : read.getFirst().weight()
                  + (read.size() > 1 ? " and %d more".formatted(read.size() - 1) : ""));
    }
    table.print(out);
    List<Kept> kept = frozen.orElseThrow();
    if (!kept.isEmpty()) {
      out.printf("%nWhat must stay%n%n");
      Table reasons = new Table("axis", "node", "reason");
      for (Kept each : kept) {
        reasons.row(
            "%s[%d]".formatted(each.value(), each.axis()),
            each.node().isEmpty() ? "-" : each.node(),
            each.reason());
      }
      reasons.print(out);
    }
  }
}
