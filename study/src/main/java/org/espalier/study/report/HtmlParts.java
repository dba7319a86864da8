package org.espalier.study.report;

import static org.espalier.study.report.HtmlReport.escape;

import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/** The parts of one page as markup. Charts and pictures are collected, for the page to hold. */
final class HtmlParts {
  /** More names than this take so many lines above a chart that it needs to be taller. */
  private static final int MANY = 8;

  private final List<Report.Chart> charts = new ArrayList<>();
  private final Map<String, Integer> pictures = new LinkedHashMap<>();
  private int choices;

  /** What the page's script draws, in the order of the canvases. */
  List<Report.Chart> charts() {
    return charts;
  }

  /** A style for each picture, so that it's in the page only once. */
  String pictures() {
    return pictures.entrySet().stream()
        .map(
            picture ->
                ".p%d{background-image:url(data:image/png;base64,%s)}"
                    .formatted(picture.getValue(), picture.getKey()))
        .collect(Collectors.joining("\n"));
  }

  /** A part that stands by itself. */
  String section(Report.Part part) {
    if (part instanceof Report.Figures(List<Report.Figure> figures)) {
      return "<div class='figures'>%s</div>".formatted(joined(figures, HtmlParts::figure));
    }
    return "<section>" + inner(part) + "</section>";
  }

  private String inner(Report.Part part) {
    return switch (part) {
      case Report.Figures figures -> section(figures);
      case Report.Text(String heading, String text) ->
          heading(heading) + "<p>" + escape(text) + "</p>";
      case Report.Table table -> table(table);
      case Report.Heat heat -> heat(heat);
      case Report.Pictures(String heading, List<Report.Picture> shown) ->
          "<h3>%s</h3><div class='pictures'>%s</div>"
              .formatted(escape(heading), joined(shown, this::picture));
      case Report.Choice choice -> choice(choice);
      case Report.Chart chart -> {
        charts.add(chart);
        yield "%s<div class='%s'><canvas id='chart%d' role='img' aria-label='%s'></canvas></div>%s"
            .formatted(
                heading(chart.heading()),
                chart.series().size() > MANY ? "chart tall" : "chart",
                charts.size() - 1,
                escape(chart.heading()),
                note(chart.note()));
      }
    };
  }

  private static String figure(Report.Figure figure) {
    return "<div class='figure'><b>%s</b><span>%s</span><small>%s</small></div>"
        .formatted(escape(figure.value()), escape(figure.label()), escape(figure.comparison()));
  }

  private static String table(Report.Table table) {
    return scrolled("", table.columns(), joined(table.rows(), HtmlParts::row), table.heading())
        + note(table.note());
  }

  private static String row(List<String> cells) {
    return "<tr>%s</tr>\n".formatted(joined(cells, cell -> "<td>" + escape(cell) + "</td>"));
  }

  private static String heat(Report.Heat heat) {
    var columns = new ArrayList<>(List.of(""));
    columns.addAll(heat.columns());
    String rows =
        joined(
            List.copyOf(heat.rows().keySet()),
            name ->
                "<tr><td>%s</td>%s</tr>\n"
                    .formatted(
                        escape(name),
                        DoubleStream.of(heat.rows().get(name))
                            .mapToObj(HtmlParts::shade)
                            .collect(Collectors.joining())));
    return scrolled(" class='heat'", columns, rows, "") + note(heat.note());
  }

  private static String shade(double share) {
    return Double.isNaN(share)
        ? "<td></td>"
        : "<td style='--h:%.0f%%'>%.0f</td>".formatted(80 * share, 100 * share);
  }

  private static String scrolled(String kind, List<String> columns, String rows, String heading) {
    return "%s<div class='scroll'><table%s><thead><tr>%s</tr></thead><tbody>%s</tbody></table></div>"
        .formatted(
            heading(heading),
            kind,
            joined(columns, column -> "<th><span>" + escape(column) + "</span></th>"),
            rows);
  }

  private String picture(Report.Picture picture) {
    String image = "";
    if (picture.png().length > 0) {
      String encoded = Base64.getEncoder().encodeToString(picture.png());
      int number = pictures.computeIfAbsent(encoded, _ -> pictures.size());
      image = "<i class='p%d'></i>".formatted(number);
    }
    return "<figure title='%s'>%s<figcaption>%s</figcaption></figure>"
        .formatted(escape(picture.title()), image, escape(picture.caption()));
  }

  private String choice(Report.Choice choice) {
    int number = choices++;
    List<Report.Alternative> all = choice.alternatives();
    var options = new StringBuilder();
    String group = "";
    for (int k = 0; k < all.size(); k++) {
      Report.Alternative one = all.get(k);
      if (!one.group().equals(group)) {
        options.append(group.isEmpty() ? "" : "</optgroup>");
        options.append("<optgroup label='%s'>".formatted(escape(one.group())));
        group = one.group();
      }
      options.append("<option value='%d'>%s</option>".formatted(k, escape(one.name())));
    }
    options.append(group.isEmpty() ? "" : "</optgroup>");
    String bodies =
        IntStream.range(0, all.size())
            .mapToObj(
                k ->
                    "<div%s>%s</div>\n"
                        .formatted(
                            k == 0 ? "" : " hidden", joined(all.get(k).parts(), this::inner)))
            .collect(Collectors.joining());
    return "%s<select aria-label='%s' data-choice='choice%d'>%s</select><div id='choice%d'>%s</div>%s"
        .formatted(
            heading(choice.heading()),
            escape(choice.heading()),
            number,
            options,
            number,
            bodies,
            note(choice.note()));
  }

  private static String heading(String text) {
    return text.isEmpty() ? "" : "<h2>" + escape(text) + "</h2>";
  }

  private static String note(String text) {
    return text.isEmpty() ? "" : "<p class='note'>" + escape(text) + "</p>";
  }

  private static <T> String joined(List<T> things, Function<T, String> each) {
    return things.stream().map(each).collect(Collectors.joining());
  }
}
