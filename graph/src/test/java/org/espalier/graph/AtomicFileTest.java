package org.espalier.graph;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
  @TempDir Path folder;

  private static AtomicFile.Contents text(String text) {
    return channel -> channel.write(ByteBuffer.wrap(text.getBytes(UTF_8)));
  }

  private static AtomicFile.Contents failing(String message) {
    return channel -> {
      text("half of it").writeTo(channel);
      throw new IOException(message);
    };
  }

  private Stream<String> names() throws IOException {
    try (var files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList().stream();
    }
  }

  @Test
  void textIsInUtf8() throws IOException {
    Path target = folder.resolve("a");
    AtomicFile.write(target, "ε from 0 to ½\n".repeat(10_007));
    assertThat(Files.readString(target, UTF_8)).isEqualTo("ε from 0 to ½\n".repeat(10_007));
  }

  @Test
  void fullDiskLeavesWhatWasThereAndNothingElse() throws IOException {
    Path target = Files.writeString(folder.resolve("a"), "before");
    assertThatThrownBy(() -> AtomicFile.write(target, failing("No space left on device")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(target + ": No space left on device");
    assertThat(target).hasContent("before");
    Path fresh = folder.resolve("b");
    assertThatThrownBy(() -> AtomicFile.write(fresh, failing("x"))).hasMessage(fresh + ": x");
    assertThat(names()).containsExactly("a");
  }

  @Test
  void errorsInTheContentsLeaveNothingEither() throws IOException {
    assertThatThrownBy(
            () ->
                AtomicFile.write(
                    folder.resolve("a"),
                    channel -> {
                      throw new IllegalStateException("a defect");
                    }))
        .hasMessage("a defect");
    assertThat(names()).isEmpty();
  }

  @Test
  void permissionsAreThoseOfANewFileOrOfTheOldOne() throws IOException {
    Path plain = Files.writeString(folder.resolve("plain"), "");
    Path target = folder.resolve("a");
    AtomicFile.write(target, text("1"));
    assertThat(Files.getPosixFilePermissions(target))
        .isEqualTo(Files.getPosixFilePermissions(plain));
    var shared = PosixFilePermissions.fromString("rw-rw-r--");
    Files.setPosixFilePermissions(target, shared);
    AtomicFile.write(target, text("2"));
    assertThat(target).hasContent("2");
    assertThat(Files.getPosixFilePermissions(target)).isEqualTo(shared);
    assertThat(names()).containsExactly("a", "plain");
  }

  @Test
  void linkStaysALink() throws IOException {
    Path real = Files.writeString(folder.resolve("real"), "before");
    Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("real"));
    AtomicFile.write(link, text("after"));
    assertThat(link).isSymbolicLink().hasContent("after");
    assertThat(real).hasContent("after");
  }

  @Test
  void targetsThatCannotBeWrittenAreNamed() throws IOException {
    Path missing = folder.resolve("no").resolve("such");
    assertThatThrownBy(() -> AtomicFile.write(missing, text("")))
        .hasMessage(missing + ": no folder " + missing.getParent());
    assertThatThrownBy(() -> AtomicFile.write(folder, text("")))
        .hasMessage(folder + ": is a folder, expected a file name");
    Path below = Files.writeString(folder.resolve("file"), "x").resolve("a");
    assertThatThrownBy(() -> AtomicFile.write(below, text("")))
        .hasMessage(below + ": no folder " + below.getParent());
    assertThat(names()).containsExactly("file");
  }

  @Test
  void deviceIsWrittenToAndStaysADevice() {
    Path full = Path.of("/dev/full");
    Assumptions.assumeTrue(Files.isWritable(full), "no /dev/full here");
    assertThatThrownBy(() -> AtomicFile.write(full, text("x")))
        .hasMessage("/dev/full: No space left on device");
    assertThat(Files.exists(full) && !Files.isRegularFile(full)).isTrue();
  }

  @Test
  void readOnlyFilesAndFoldersAreLeftAlone() throws IOException {
    Path target = Files.writeString(folder.resolve("a"), "before");
    Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("r--r--r--"));
    Assumptions.assumeFalse(Files.isWritable(target), "this user may write anywhere");
    assertThatThrownBy(() -> AtomicFile.write(target, text("after")))
        .hasMessage(target + ": permission denied");
    assertThat(target).hasContent("before");
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("r-xr-xr-x"));
    try {
      Path fresh = folder.resolve("b");
      assertThatThrownBy(() -> AtomicFile.write(fresh, text("")))
          .hasMessage(fresh + ": permission denied");
    } finally {
      Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
  }
}
