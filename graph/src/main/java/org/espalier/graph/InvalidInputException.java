package org.espalier.graph;

/**
 * What the user gave can't be used: a malformed file, a shape that doesn't match, a budget out of
 * range. The message says where, what was found and what was expected, in the user's words; the
 * command prints it without a stack trace and exits with 2.
 */
public class InvalidInputException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  public InvalidInputException(String message) {
    super(message);
  }

  public InvalidInputException(String message, Throwable cause) {
    super(message, cause);
  }
}
