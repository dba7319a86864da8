package org.espalier.study.measure;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.espalier.train.data.Dataset;

/**
 * Accuracy on examples with noise, blur and little contrast. The relative robustness is the mean
 * accuracy over corruptions and severities over that on clean examples.
 */
final class CorruptionRobustness implements Measurement.OfOne {
  @Override
  public String name() {
    return "corruption";
  }

  @Override
  public String title() {
    return "accuracy under noise, blur and low contrast";
  }

  @Override
  public Findings of(Subject subject) {
    Sample clean = subject.testing();
    clean.classes(name());
    Dataset data = clean.data();
    ValueRange range = ValueRange.of(data, name());
    boolean images = data.exampleShape().length == 3;
    List<Corruption> corruptions =
        Stream.of(Corruption.values()).filter(each -> images || !each.needsImages()).toList();
    int runs = corruptions.size() * Corruption.SEVERITIES;
    double accuracyClean = subject.answers(clean).accuracy();
    var table = new Findings.Table("severities", "corruption", "1", "2", "3", "4", "5");
    Findings findings = Findings.NONE.and("clean", accuracyClean);
    double sum = 0;
    int done = 0;
    for (Corruption corruption : corruptions) {
      Object[] row = new Object[Corruption.SEVERITIES + 1];
      row[0] = corruption.name().toLowerCase(Locale.ROOT);
      double mean = 0;
      for (int severity = 1; severity <= Corruption.SEVERITIES; severity++) {
        subject.progress(name(), ++done, runs);
        var spoilt = new Corrupted(data, range, corruption, severity, subject.settings().seed());
        double accuracy = subject.answered(new Sample(spoilt, clean.numbers())).accuracy();
        row[severity] = accuracy;
        mean += accuracy / Corruption.SEVERITIES;
      }
      table = table.row(row);
      findings = findings.and((String) row[0], mean);
      sum += mean;
    }
    return findings
        .and(
            "relativeRobustness",
            accuracyClean == 0 ? Double.NaN : 100 * sum / corruptions.size() / accuracyClean)
        .and(table);
  }
}
