package org.espalier.train.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.espalier.graph.InvalidInputException;

/** The tokens of a language model, each with its number: its place in the list. */
public final class Vocabulary {
  /** What stands for a word that the vocabulary lacks, where it has it. */
  public static final String UNKNOWN = "<unk>";

  /** What a text is cut into. */
  public enum Unit {
    /** Unicode characters. */
    CHARACTER,
    /** Bytes of UTF-8, always 256 of them. */
    BYTE,
    /** What stands between white space; a line's end is a word of its own, {@code <eos>}. */
    WORD;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private static final String END = "<eos>";

  private final Unit unit;
  private final List<String> tokens;
  private final Map<String, Integer> numbers = new HashMap<>();

  private Vocabulary(Unit unit, List<String> tokens) {
    this.unit = unit;
    this.tokens = List.copyOf(tokens);
    for (int k = 0; k < tokens.size(); k++) {
      if (numbers.put(tokens.get(k), k) != null) {
        throw new InvalidInputException("token '" + tokens.get(k) + "' is listed twice");
      }
    }
  }

  /** All tokens of a text: characters in Unicode's order, words by their first use. */
  public static Vocabulary from(String text, Unit unit) {
    return switch (unit) {
      case BYTE -> new Vocabulary(unit, IntStream.range(0, 256).mapToObj(Vocabulary::hex).toList());
      case CHARACTER ->
          new Vocabulary(
              unit, text.codePoints().distinct().sorted().mapToObj(Character::toString).toList());
      case WORD -> {
        var words = new LinkedHashMap<String, Integer>();
        words.put(UNKNOWN, 0);
        words(text).forEach(word -> words.putIfAbsent(word, 0));
        yield new Vocabulary(unit, List.copyOf(words.keySet()));
      }
    };
  }

  /** A JSON file: a list of tokens, or an object with each token's number. */
  public static Vocabulary read(Path file) throws IOException {
    try {
      JsonNode json = new ObjectMapper().readTree(Files.readAllBytes(file));
      List<String> tokens =
          switch (json) {
            case JsonNode list when list.isArray() ->
                list.valueStream().map(JsonNode::asText).toList();
            case JsonNode object when object.isObject() -> byNumber(file, object);
            default ->
                throw new InvalidInputException(
                    file + ": expected a list of tokens, or an object with their numbers");
          };
      boolean characters =
          tokens.stream().allMatch(token -> token.codePointCount(0, token.length()) == 1);
      boolean bytes = tokens.size() == 256 && tokens.stream().allMatch(t -> t.matches("<0x..>"));
      return new Vocabulary(bytes ? Unit.BYTE : characters ? Unit.CHARACTER : Unit.WORD, tokens);
    } catch (JsonProcessingException e) {
      throw new InvalidInputException(file + ": not JSON: " + e.getOriginalMessage(), e);
    }
  }

  private static List<String> byNumber(Path file, JsonNode object) {
    String[] tokens = new String[object.size()];
    for (Map.Entry<String, JsonNode> entry : object.properties()) {
      int number = entry.getValue().asInt(-1);
      if (number < 0 || number >= tokens.length || tokens[number] != null) {
        throw new InvalidInputException(
            "%s: token '%s' has number %s, expected each of 0 to %d once"
                .formatted(file, entry.getKey(), entry.getValue(), tokens.length - 1));
      }
      tokens[number] = entry.getKey();
    }
    return List.of(tokens);
  }

  /** Writes the tokens as a JSON list. */
  public void write(Path file) throws IOException {
    new ObjectMapper().writeValue(file.toFile(), tokens);
  }

  public List<String> tokens() {
    return tokens;
  }

  public int size() {
    return tokens.size();
  }

  /**
   * A text as token numbers.
   *
   * @throws InvalidInputException where a token is not listed and there is none for unknown ones
   */
  public int[] encode(String text) {
    return switch (unit) {
      case BYTE -> {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        yield IntStream.range(0, bytes.length).map(k -> bytes[k] & 0xff).toArray();
      }
      case CHARACTER -> text.codePoints().map(point -> number(Character.toString(point))).toArray();
      case WORD -> words(text).stream().mapToInt(this::number).toArray();
    };
  }

  /** Token numbers as text. */
  public String decode(int... numbers) {
    if (unit == Unit.BYTE) {
      byte[] bytes = new byte[numbers.length];
      for (int k = 0; k < numbers.length; k++) {
        bytes[k] = (byte) numbers[k];
      }
      return new String(bytes, StandardCharsets.UTF_8);
    }
    return String.join(
        unit == Unit.WORD ? " " : "", Arrays.stream(numbers).mapToObj(tokens::get).toList());
  }

  private int number(String token) {
    Integer number = numbers.get(token);
    if (number == null) {
      number = numbers.get(UNKNOWN);
    }
    if (number == null) {
      throw new InvalidInputException(
          "'%s' (U+%04X) is not among the %d tokens of the vocabulary"
              .formatted(token, token.codePointAt(0), size()));
    }
    return number;
  }

  private static List<String> words(String text) {
    return text.lines()
        .flatMap(line -> Arrays.stream((line + " " + END).strip().split("\\s+")))
        .toList();
  }

  private static String hex(int value) {
    return "<0x%02X>".formatted(value);
  }
}
