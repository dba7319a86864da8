package org.espalier.study.report;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.espalier.graph.AtomicFile;

/**
 * A {@link Report} as one HTML file that needs nothing else: styles, data and the charting library
 * are in it, so that it can be mailed and opened anywhere.
 */
public final class HtmlReport {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String CHARTS = "/META-INF/resources/webjars/chart.js/";

  private HtmlReport() {}

  /** Writes the page, whole or not at all. */
  public static void write(Report report, Path file) {
    AtomicFile.write(file, render(report));
  }

  /** The page. */
  static String render(Report report) {
    var parts = new HtmlParts();
    String body = report.parts().stream().map(parts::section).collect(Collectors.joining("\n"));
    List<Report.Chart> charts = parts.charts();
    return resource("report.html")
        .replace("${title}", escape(report.title()))
        .replace("${summary}", escape(report.summary()))
        .replace("${pictures}", parts.pictures())
        .replace("${body}", body)
        .replace("${provenance}", provenance(report.provenance()))
        .replace("${charts}", json(charts))
        .replace("${library}", charts.isEmpty() ? "" : library());
  }

  private static String provenance(Map<String, String> facts) {
    return facts.entrySet().stream()
        .map(
            fact ->
                "<dt>%s</dt><dd>%s</dd>".formatted(escape(fact.getKey()), escape(fact.getValue())))
        .collect(Collectors.joining());
  }

  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;")
        .replace("$", "&#36;"); // so that text can't name a placeholder
  }

  /** JSON that can stand inside a script element. */
  private static String json(Object value) {
    try {
      return JSON.writeValueAsString(value).replace("<", "\\u003c").replace("$", "\\u0024");
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static String library() {
    String version = version();
    return read(CHARTS + version + "/dist/chart.umd.min.js")
        .replaceAll("//# sourceMappingURL.*", "");
  }

  private static String version() {
    return read("/META-INF/maven/org.webjars.npm/chart.js/pom.properties")
        .lines()
        .filter(line -> line.startsWith("version="))
        .findFirst()
        .orElseThrow()
        .substring("version=".length());
  }

  private static String resource(String name) {
    return read("/org/espalier/study/report/" + name);
  }

  private static String read(String path) {
    try (InputStream in = HtmlReport.class.getResourceAsStream(path)) {
      if (in == null) {
        throw new IllegalStateException("no resource " + path);
      }
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
