package org.espalier.graph.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.espalier.graph.infer.Draft.shape;

import java.util.List;
import java.util.Map;
import org.espalier.graph.Attribute;
import org.espalier.graph.Bytes;
import org.espalier.graph.DataType;
import org.espalier.graph.Details;
import org.espalier.graph.Dim;
import org.espalier.graph.Function;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;
import org.junit.jupiter.api.Test;

/** Shapes in what nodes hold or call: functions, branches, loops. */
class BodyShapesTest {
  @Test
  void functionsAreFollowedWithTheirAttributes() {
    var body =
        List.of(
            Node.of(
                "Flatten",
                List.of("in"),
                List.of("flat"),
                Map.of("axis", new Attribute.Reference("split", 2))),
            Node.of("Add", List.of("flat", "bias"), List.of("out")));
    var function =
        new Function(
            "Flat",
            "house",
            "",
            List.of("in", "bias"),
            List.of("out"),
            List.of("split"),
            Map.of(),
            body,
            Map.of("", 17L),
            List.of(),
            Details.NONE);
    Graph graph =
        new Graph(
            "g",
            List.of(
                new Node(
                    "call",
                    "Flat",
                    "house",
                    "",
                    List.of("x", "b"),
                    List.of("y"),
                    Map.of("split", Attribute.of(2L)),
                    Details.NONE)),
            Map.of(),
            List.of(
                ValueInfo.of("x", DataType.FLOAT, shape("N", 3, 5)),
                ValueInfo.of("b", DataType.FLOAT, shape(5))),
            List.of());
    Model model =
        new Model(
            8, "", "", "", 0, Map.of("", 17L, "house", 1L), graph, List.of(function), Details.NONE);
    assertThat(Shapes.infer(model).shape("y")).contains(shape("3*N", 5));
  }

  @Test
  void branchesKeepWhatTheyShare() {
    Graph yes = new Draft().node("a = Relu(x)").graph();
    Graph no = new Draft().constant("s", 2, 7).node("b = Expand(x, s)").graph();
    Shapes shapes =
        new Draft()
            .input("x", 2, 1)
            .input(DataType.BOOL, "flag")
            .node("y = If(flag)", "then_branch", yes, "else_branch", no)
            .infer();
    assertThat(shapes.shape("y")).contains(shape(2, "?"));
    assertThat(shapes.gaps()).isEmpty();
  }

  @Test
  void loopsGrowIntoUnknownSizes() {
    Graph body =
        new Draft()
            .input(DataType.INT64, "i")
            .input(DataType.BOOL, "go")
            .input("grows", "?")
            .input("stays", "?")
            .node("more = Concat(grows, stays)", "axis", 0)
            .node("same = Relu(stays)")
            .node("keep = Identity(go)")
            .node("row = Identity(stays)")
            .graph();
    body =
        new Graph(
            "body",
            body.nodes(),
            Map.of(),
            body.inputs(),
            List.of("keep", "more", "same", "row").stream()
                .map(name -> new ValueInfo(name, new Type.OtherType(Bytes.EMPTY)))
                .toList());
    Shapes shapes =
        new Draft()
            .input("a", 3)
            .input("b", "N")
            .constant("trips", 4)
            .node("c, d, rows = Loop(trips, , a, b)", "body", body)
            .infer();
    assertThat(shapes.shape("c")).contains(shape("?"));
    assertThat(shapes.shape("d")).contains(shape("N"));
    assertThat(shapes.shape("rows").orElseThrow().dim(1)).isEqualTo(Dim.symbol("N"));
  }
}
