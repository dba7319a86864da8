package org.espalier.study;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import org.espalier.graph.Tensor;

/** SHA-256 of the tensors that were fed in: names, types, shapes and data, in order. */
public final class InputsHash {
  private final MessageDigest digest;

  public InputsHash() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible); // every Java platform has it
    }
  }

  public void add(Map<String, Tensor> inputs) {
    inputs.forEach(
        (name, tensor) -> {
          digest.update((name + " " + tensor + "\n").getBytes(UTF_8));
          digest.update(tensor.data().asByteBuffer());
        });
  }

  /** The hash of what was added so far. */
  @Override
  public String toString() {
    try {
      return HexFormat.of().formatHex(((MessageDigest) digest.clone()).digest());
    } catch (CloneNotSupportedException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
