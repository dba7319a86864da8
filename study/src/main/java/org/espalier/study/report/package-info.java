/**
 * Results for people to read, and the way there ({@link Progress}). A {@link
 * org.espalier.study.report.Report} is data; {@link org.espalier.study.report.HtmlReport} writes it
 * as one file that needs no network.
 *
 * {@snippet :
 * var report = new Report("LeNet-5", "90% sparse.", List.of(new Report.Text("", "...")), Map.of());
 * HtmlReport.write(report, Path.of("report.html"));
 * }
 */
package org.espalier.study.report;
