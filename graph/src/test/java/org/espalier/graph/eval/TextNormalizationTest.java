package org.espalier.graph.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Attribute;
import org.espalier.graph.Bytes;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.junit.jupiter.api.Test;

class TextNormalizationTest {
  private final Map<String, Attribute> attributes = new HashMap<>();

  private static List<Bytes> bytes(String... words) {
    return Arrays.stream(words).map(Bytes::utf8).toList();
  }

  private static Tensor words(String... words) {
    return Tensor.ofStrings(bytes(words), words.length);
  }

  private void stopwords(String... words) {
    attributes.put("stopwords", new Attribute.StringValues(bytes(words)));
  }

  private Tensor normalized(Tensor words) {
    Node node = Node.of("StringNormalizer", List.of("x"), List.of("y"), attributes);
    return Evaluator.evaluate(node, List.of(words)).getFirst();
  }

  @Test
  void stopwordsAreComparedWithoutCase() {
    stopwords("Monday", "über");
    assertThat(normalized(words("monday", "Tuesday", "MONDAY", "ÜBER")))
        .isEqualTo(words("Tuesday"));
  }

  @Test
  void orWithIt() {
    stopwords("Monday");
    attributes.put("is_case_sensitive", Attribute.of(1));
    attributes.put("case_change_action", Attribute.of("UPPER"));
    assertThat(normalized(words("monday", "Monday", "tue"))).isEqualTo(words("MONDAY", "TUE"));
  }

  @Test
  void caseIsTheLocales() {
    attributes.put("case_change_action", Attribute.of("UPPER"));
    assertThat(normalized(words("izmir"))).isEqualTo(words("IZMIR"));
    attributes.put("locale", Attribute.of("tr_TR.UTF-8"));
    assertThat(normalized(words("izmir"))).isEqualTo(words("\u0130ZM\u0130R"));
  }

  @Test
  void noWordLeftIsAnEmptyOne() {
    stopwords("a");
    assertThat(normalized(words("A", "a"))).isEqualTo(words(""));
    Tensor row = words("A", "a").reshape(1, 2);
    assertThat(normalized(row)).isEqualTo(words("").reshape(1, 1));
  }

  @Test
  void bytesThatAreNoTextStay() {
    Bytes odd = Bytes.of(new byte[] {(byte) 0xff, 'a'});
    Tensor words = Tensor.ofStrings(List.of(odd), 1);
    assertThat(normalized(words)).isEqualTo(words);
  }

  @Test
  void otherShapesAreRefused() {
    Tensor square = words("a", "b", "c", "d").reshape(2, 2);
    assertThatThrownBy(() -> normalized(square))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "node 'y' (StringNormalizer): input is STRING [2, 2], expected STRING [C] or [1, C]");
  }
}
