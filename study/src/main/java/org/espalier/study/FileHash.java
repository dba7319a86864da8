package org.espalier.study;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.espalier.graph.onnx.Onnx;

/**
 * Which file it was.
 *
 * @param file its name, without the folder
 * @param sha256 of its bytes, in hex
 */
public record FileHash(String file, long bytes, String sha256) {
  /** The files that a model is read from: its own first, then those of its weights. */
  public static List<FileHash> ofModel(Path model) {
    return Onnx.files(model).stream().map(FileHash::of).toList();
  }

  static FileHash of(Path file) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
        long bytes = in.transferTo(OutputStream.nullOutputStream());
        return new FileHash(
            file.getFileName().toString(), bytes, HexFormat.of().formatHex(digest.digest()));
      }
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible); // every Java platform has it
    }
  }
}
