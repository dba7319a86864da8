package org.espalier.train.data;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.espalier.graph.Constants;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;

/** A SHA-256 in the making. */
public final class Digest {
  private static final long CHUNK = 1 << 24;

  private final MessageDigest sha;

  public Digest() {
    try {
      sha = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  /** Eight digits for a model's weights, to know them again. */
  public static String ofWeights(Model model) {
    var digest = new Digest();
    Constants.of(model.graph()).forEach((name, tensor) -> digest.add(name).add(tensor));
    return digest.hex().substring(0, 8);
  }

  public Digest add(byte[] bytes) {
    sha.update(bytes);
    return this;
  }

  public Digest add(String text) {
    return add(text.getBytes(UTF_8));
  }

  public Digest add(long value) {
    sha.update(ByteBuffer.allocate(Long.BYTES).putLong(0, value));
    return this;
  }

  public Digest add(Tensor tensor) {
    for (long dim : tensor.dims()) {
      add(dim);
    }
    MemorySegment data = tensor.data();
    for (long at = 0; at < data.byteSize(); at += CHUNK) {
      sha.update(data.asSlice(at, Math.min(CHUNK, data.byteSize() - at)).asByteBuffer());
    }
    return this;
  }

  public String hex() {
    return HexFormat.of().formatHex(sha.digest());
  }
}
