package org.espalier.study;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.onnx.Onnx;

/** Checks where a result is to go before the work for it begins. */
public final class Outputs {
  private Outputs() {}

  /**
   * Checks that {@code out} can be written and isn't {@code in}.
   *
   * @throws InvalidInputException where it can't, or is
   */
  public static void check(Path in, Path out) {
    keeps(in, out);
    check(out);
  }

  /**
   * Checks that a model can be written to {@code out}, and that this leaves the files whole that
   * {@code in} is read from: a large model's weights go to a file of their own.
   */
  public static void checkModel(Path in, Path out) {
    check(in, out);
    keepsModel(in, out);
    keepsModel(in, out.resolveSibling(out.getFileName() + ".data"));
  }

  /** Checks that writing {@code out} leaves the files whole that a model is read from. */
  public static void keepsModel(Path model, Path out) {
    if (Files.exists(out)) {
      Onnx.files(model).forEach(file -> keeps(file, out));
    }
  }

  /**
   * Checks that writing {@code out} leaves what is at {@code in} whole: it's another file, and none
   * in that folder.
   */
  public static void keeps(Path in, Path out) {
    try {
      if (!Files.exists(in) || !Files.exists(out)) {
        return;
      }
      boolean within = Files.isDirectory(in) && out.toRealPath().startsWith(in.toRealPath());
      if (within || Files.isSameFile(in, out)) {
        throw new InvalidInputException(
            "%s: would overwrite %s, which is never done"
                .formatted(out, within ? "a file in " + in : "what is read, " + in));
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /**
   * Checks that two results don't go to one file.
   *
   * @param what they are, for the message
   */
  public static void differ(Path one, Path other, String what) {
    if (one.toAbsolutePath().normalize().equals(other.toAbsolutePath().normalize())) {
      throw new InvalidInputException("%s: %s can't be one file".formatted(one, what));
    }
  }

  /** Checks that a file can be written at {@code out}. */
  public static void check(Path out) {
    Path folder = out.toAbsolutePath().getParent();
    if (Files.isDirectory(out)) {
      throw new InvalidInputException(out + ": is a folder, expected the name of a file");
    }
    if (folder == null || !Files.isDirectory(folder)) {
      throw new InvalidInputException(out + ": there is no folder " + folder);
    }
    if (!Files.isWritable(folder)) {
      throw new InvalidInputException(out + ": can't write into folder " + folder);
    }
  }
}
