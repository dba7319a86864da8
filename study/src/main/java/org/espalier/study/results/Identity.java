package org.espalier.study.results;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import org.espalier.graph.Constants;
import org.espalier.graph.DataType;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.onnx.Onnx;
import org.espalier.train.data.Dataset;

/** SHA-256 over all that results depend on: what all of a run share, then each one's own. */
public final class Identity {
  private static final long PART = 1L << 30;

  private final String shared;

  private Identity(MessageDigest digest) {
    shared = HexFormat.of().formatHex(digest.digest());
  }

  /**
   * Of results on a model in a file.
   *
   * @param version of the product
   * @param how all else that results depend on, in words
   */
  public static Identity of(String version, Path file, Model model, String how, Dataset... data)
      throws IOException {
    MessageDigest digest = begun(version);
    try (FileChannel channel = FileChannel.open(file)) {
      ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
      while (channel.read(buffer.clear()) >= 0) {
        digest.update(buffer.flip());
      }
    }
    for (Tensor tensor : Constants.of(model.graph()).values()) { // may lie in files of their own
      if (tensor.type() != DataType.STRING) {
        for (long from = 0, size = tensor.data().byteSize(); from < size; from += PART) {
          long part = Math.min(size - from, PART);
          digest.update(tensor.data().asSlice(from, part).asByteBuffer());
        }
      }
    }
    return ended(digest, how, data);
  }

  /** The same of a model in memory, of 2 GB at most. */
  public static Identity of(String version, Model model, String how, Dataset... data) {
    MessageDigest digest = begun(version);
    digest.update(Onnx.toBytes(model));
    return ended(digest, how, data);
  }

  private static MessageDigest begun(String version) {
    MessageDigest digest = digest();
    digest.update((version + "\n").getBytes(UTF_8));
    return digest;
  }

  private static Identity ended(MessageDigest digest, String how, Dataset... data) {
    for (Dataset part : data) {
      digest.update(
          (part.hash() + part.size() + Arrays.toString(part.exampleShape()) + "\n")
              .getBytes(UTF_8));
    }
    digest.update(how.getBytes(UTF_8));
    return new Identity(digest);
  }

  /** The identity of one result, by what is its own. */
  public String of(String result) {
    MessageDigest digest = digest();
    digest.update((shared + " " + result).getBytes(UTF_8));
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible); // every Java platform has it
    }
  }
}
