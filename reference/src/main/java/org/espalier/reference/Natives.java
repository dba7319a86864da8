package org.espalier.reference;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtLoggingLevel;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
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
    var loading = new Loading();
    Thread.ofPlatform().name("onnxruntime-load").stackSize(Loading.STACK).start(loading);
    return loading.result.join();
  }

  /**
   * Loads in a thread with a large stack: at its start ONNX Runtime 1.29 reads the process's
   * command line with a regular expression that recurses once for each character, and a class path
   * of a few kilobytes overflows the usual stack and ends the process without a word.
   *
   * <p>A class of its own, because the outer one is being initialised meanwhile.
   */
  private static final class Loading implements Runnable {
    static final long STACK = 256L << 20; // of addresses; memory is taken as it is used

    final CompletableFuture<Object> result = new CompletableFuture<>();

    @Override
    public void run() {
      try {
        result.complete(load());
      } catch (Throwable beyondUs) {
        result.completeExceptionally(beyondUs);
      }
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
}
