package org.espalier.cli;

/** Text from files as it may stand on a terminal, where control characters are commands. */
final class Plain {
  private static final int LONGEST_CELL = 120;

  private Plain() {}

  /** The text with control characters written out as escapes; line breaks stay. */
  static String text(String text) {
    if (text.chars().noneMatch(Plain::isCommand)) {
      return text;
    }
    var plain = new StringBuilder();
    text.chars()
        .forEach(
            c -> {
              if (isCommand(c)) {
                plain.append(String.format("\\u%04x", c));
              } else {
                plain.append((char) c);
              }
            });
    return plain.toString();
  }

  /** The text on one line, cut where it is too long for a table. */
  static String cell(String text) {
    String line = text(text).replace("\n", "\\n");
    return line.length() <= LONGEST_CELL ? line : line.substring(0, LONGEST_CELL - 1) + "…";
  }

  private static boolean isCommand(int c) {
    return Character.isISOControl(c) && c != '\n';
  }
}
