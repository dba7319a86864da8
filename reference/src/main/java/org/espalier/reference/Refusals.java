package org.espalier.reference;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtException.OrtErrorCode;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.UnsupportedModelException;
import org.espalier.graph.UnsupportedModelException.Unsupported;

/** What it means that ONNX Runtime did not load a model: it can't run it, or the model is wrong. */
final class Refusals {
  /** "Could not find an implementation for Mod(13) node with name 'm'". */
  private static final Pattern NO_KERNEL =
      Pattern.compile("implementation for ([\\w.:]+)\\(\\d+\\) node with name '([^']*)'");

  /** "No Op registered for Foo with ...", and "com.me:Foo(-1) is not a registered function/op". */
  private static final Pattern UNKNOWN =
      Pattern.compile("(?:No Op registered for (\\S+))|(?:(\\S+)\\(-?\\d+\\) is not a registered)");

  /** Where in ONNX Runtime's source an error came up, with the signature of the function. */
  private static final Pattern SOURCE =
      Pattern.compile("/onnxruntime_src/\\S+:\\d+ [^\\n]*?\\)(?: \\[with [^\\]]*\\])? ");

  private Refusals() {}

  /** ONNX Runtime's message without what only its developers can use. */
  static String message(OrtException failure) {
    String plain = failure.getMessage().replaceFirst("^Error code - \\S+ - message: ", "");
    return "ONNX Runtime: " + SOURCE.matcher(plain).replaceAll("").strip();
  }

  static InvalidInputException of(OrtException failure) {
    String message = message(failure);
    Matcher kernel = NO_KERNEL.matcher(message);
    if (kernel.find()) {
      return unsupported(kernel.group(2), kernel.group(1), message);
    }
    Matcher unknown = UNKNOWN.matcher(message);
    if (unknown.find()) {
      String op = unknown.group(1) != null ? unknown.group(1) : unknown.group(2);
      return unsupported("", op, message);
    }
    boolean lacking =
        failure.getCode() == OrtErrorCode.ORT_NOT_IMPLEMENTED
            || message.contains("IR version")
            || message.contains("under development");
    return lacking ? unsupported("", "", message) : new InvalidInputException(message, failure);
  }

  private static UnsupportedModelException unsupported(String node, String op, String message) {
    return new UnsupportedModelException(List.of(new Unsupported(node, op, message)));
  }
}
