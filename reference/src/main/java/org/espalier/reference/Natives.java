package org.espalier.reference;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtLoggingLevel;
import java.util.Optional;
import org.espalier.graph.InvalidInputException;

/** ONNX Runtime's one environment per process, or the reason why there is none. */
final class Natives {
  private static final Object LOADED = load();

  private Natives() {}

  static OrtEnvironment environment() {
    if (LOADED instanceof OrtEnvironment environment) {
      return environment;
    }
    throw new InvalidInputException((String) LOADED);
  }

  static Optional<String> failure() {
    return LOADED instanceof String reason ? Optional.of(reason) : Optional.empty();
  }

  private static Object load() {
    try {
      // Its messages come back as exceptions; on stderr they would only be said twice.
      return OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, "espalier");
    } catch (LinkageError | RuntimeException failure) {
      Throwable cause = failure;
      while (cause.getCause() != null) {
        cause = cause.getCause();
      }
      return """
      ONNX Runtime's native library does not load on %s %s (%s). It comes for Linux with glibc \
      (x86-64, arm64), macOS (arm64) and Windows (x86-64) and is unpacked to '%s', which must \
      be writable and allow execution. Elsewhere give -Donnxruntime.native.path=FOLDER with a \
      build of your own\
      """
          .formatted(
              System.getProperty("os.name"),
              System.getProperty("os.arch"),
              cause.getMessage(),
              System.getProperty("java.io.tmpdir"));
    }
  }
}
