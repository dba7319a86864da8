package org.espalier.study.report;

import static java.lang.Double.NaN;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HtmlReportTest {
  private static final byte[] PICTURE = {1, 2, 3};

  private static Report report(String text) {
    return new Report(
        text,
        text,
        List.of(
            new Report.Figures(List.of(new Report.Figure(text, "1", text))),
            new Report.Chart(
                text,
                Report.Chart.Kind.BAR,
                "",
                text,
                List.of(text),
                List.of(Report.Series.of(text, 1)),
                text),
            new Report.Table(text, List.of(text), List.of(List.of(text)), text),
            new Report.Choice(
                text,
                List.of(
                    new Report.Alternative(
                        text,
                        text,
                        List.of(
                            new Report.Heat(
                                List.of(text, text), Map.of(text, new double[] {1, NaN}), text))),
                    new Report.Alternative(
                        text,
                        text,
                        List.of(
                            new Report.Pictures(
                                text,
                                List.of(
                                    new Report.Picture(PICTURE, text, text),
                                    new Report.Picture(PICTURE, text, text),
                                    new Report.Picture(new byte[0], text, text)))))),
                text),
            new Report.Text(text, text)),
        Map.of(text, text));
  }

  @Test
  void nothingFromOutsideCanBecomeMarkup() {
    String hostile = "${library}</script><script>alert('x')</script>";
    String page = HtmlReport.render(report(hostile));
    assertThat(page).doesNotContain("alert('x')</script>").doesNotContain("<script>alert");
  }

  @Test
  void thePageNeedsNothingElse() {
    String page = HtmlReport.render(report("plain"));
    assertThat(page).doesNotContainPattern("(src|href)\\s*=\\s*[\"']?(https?:)?//");
    assertThat(page)
        .doesNotContainPattern("\\$\\{(title|summary|body|provenance|charts|library)}")
        .contains("Chart.js v");
  }

  @Test
  void oneAlternativeIsSeenAndEqualPicturesAreHeldOnce() {
    String page = HtmlReport.render(report("plain"));
    assertThat(page).containsOnlyOnce("data:image/png;base64,AQID").contains("<i class='p0'></i>");
    assertThat(page.split("<figure ", -1)).hasSize(4);
    assertThat(page.split("<option ", -1)).hasSize(3);
    assertThat(page.split("<optgroup ", -1)).hasSize(2);
    assertThat(page).containsOnlyOnce("<div hidden>").contains("--h:80%'>100</td><td></td>");
  }

  @Test
  void anOldPageIsReplacedAndNothingElseIsLeft(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("report.html");
    Files.writeString(file, "old");
    HtmlReport.write(report("new"), file);
    assertThat(file).content().contains("<h1>new</h1>");
    assertThat(folder.toFile().list()).containsExactly("report.html");
  }
}
