package org.espalier.graph.eval;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.espalier.graph.Bytes;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/** StringNormalizer: stop words taken out of a row of words, and the rest in one case. */
final class TextNormalization {
  private TextNormalization() {}

  static void register(Map<String, Rule> rules) {
    rules.put("StringNormalizer", TextNormalization::normalize);
  }

  private static List<Tensor> normalize(Call call) {
    Tensor words = call.input(0);
    boolean isRow = words.rank() == 1 || (words.rank() == 2 && words.dim(0) == 1);
    if (words.type() != DataType.STRING || !isRow) {
      throw call.invalid("input is %s, expected STRING [C] or [1, C]".formatted(words));
    }
    Locale locale = locale(call.node().text("locale", "en_US"));
    UnaryOperator<String> written = inCase(call, locale);
    UnaryOperator<String> compared =
        call.node().integer("is_case_sensitive", 0) != 0
            ? UnaryOperator.identity()
            : word -> word.toUpperCase(locale).toLowerCase(locale);
    Set<String> stopwords =
        call.node().strings("stopwords").stream().map(compared).collect(Collectors.toSet());
    var kept = new ArrayList<Bytes>();
    for (Bytes word : words.strings()) {
      String text = word.toString();
      if (!stopwords.contains(compared.apply(text))) {
        String normal = written.apply(text);
        kept.add(normal.equals(text) ? word : Bytes.utf8(normal));
      }
    }
    if (kept.isEmpty()) {
      kept.add(Bytes.EMPTY); // the standard's way to say that no word is left
    }
    return List.of(
        words.rank() == 1
            ? Tensor.ofStrings(kept, kept.size())
            : Tensor.ofStrings(kept, 1, kept.size()));
  }

  private static UnaryOperator<String> inCase(Call call, Locale locale) {
    String action = call.node().text("case_change_action", "NONE");
    return switch (action) {
      case "NONE" -> UnaryOperator.identity();
      case "LOWER" -> word -> word.toLowerCase(locale);
      case "UPPER" -> word -> word.toUpperCase(locale);
      default ->
          throw call.invalid(
              "case_change_action is '%s', expected LOWER, UPPER or NONE".formatted(action));
    };
  }

  /** A POSIX name such as {@code en_US.UTF-8}; one without a language stands for no locale. */
  private static Locale locale(String name) {
    return Locale.forLanguageTag(name.replaceFirst("[.@].*", "").replace('_', '-'));
  }
}
