package org.espalier.study.arena;

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
import org.espalier.train.data.Dataset;

/** SHA-256 over all that a result depends on. */
final class Identity {
  private static final long PART = 1L << 30;

  private final String contest;

  /**
   * The identity of what all entries of a contest share.
   *
   * @param version of the product
   */
  Identity(Path file, Model model, Dataset train, Dataset test, Contest contest, String version)
      throws IOException {
    MessageDigest digest = digest();
    digest.update((version + "\n").getBytes(UTF_8));
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
    for (Dataset data : new Dataset[] {train, test}) {
      digest.update(
          (data.hash() + data.size() + Arrays.toString(data.exampleShape()) + "\n")
              .getBytes(UTF_8));
    }
    digest.update("%d %d".formatted(contest.samples(), contest.batch()).getBytes(UTF_8));
    this.contest = HexFormat.of().formatHex(digest.digest());
  }

  /** The identity of one entry's result. */
  String of(Entry entry) {
    MessageDigest digest = digest();
    digest.update((contest + " " + entry.description()).getBytes(UTF_8));
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
