package org.espalier.train.data;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** NumPy arrays and CSV tables, and folders that hold nothing known. */
final class TableLoadersTest extends LoaderTestBase {
  private static byte[] npy(String descr, boolean fortran, String shape, byte[] elements) {
    String header =
        "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }\n"
            .formatted(descr, fortran ? "True" : "False", shape);
    var out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0});
    out.write(header.length());
    out.write(0);
    out.writeBytes(header.getBytes(UTF_8));
    out.writeBytes(elements);
    return out.toByteArray();
  }

  @Test
  void numpyArrays() {
    byte[] six = {1, 2, 3, 4, 5, 6};
    assertThat(Npy.read(npy("|u1", false, "(2, 3)", six), "x").integers())
        .containsExactly(1, 2, 3, 4, 5, 6);
    assertThat(Npy.read(npy("|u1", true, "(2, 3)", six), "x").integers())
        .containsExactly(1, 3, 5, 2, 4, 6);
    assertThat(Npy.read(npy(">i2", false, "(3,)", six), "x").integers())
        .containsExactly(0x102, 0x304, 0x506);
    assertThatThrownBy(() -> Npy.read(npy("<f4", false, "(2, 3)", six), "x.npy"))
        .hasMessageContaining("x.npy: 6 bytes of elements")
        .hasMessageContaining("takes 24");
    assertThatThrownBy(() -> Npy.read(npy("|O", false, "(6,)", six), "x.npy"))
        .hasMessageContaining("expected numbers");
    assertThatThrownBy(() -> Npy.read(six, "x.npy")).hasMessageContaining("not a NumPy array");
  }

  @Test
  void numpyFolders() throws IOException {
    Files.write(folder.resolve("x_train.npy"), npy("|u1", false, "(3, 2, 2)", new byte[12]));
    Files.write(folder.resolve("y_train.npy"), npy("|u1", false, "(3,)", new byte[] {0, 1, 2}));
    Files.write(folder.resolve("x_test.npy"), npy("|u1", false, "(1, 2, 2)", new byte[4]));
    Files.write(folder.resolve("y_test.npy"), npy("|u1", false, "(1,)", new byte[] {1}));
    assertThat(open().train().exampleShape()).containsExactly(1, 2, 2);
    assertThat(label(open().train(), 2)).isEqualTo(2);
    Files.write(folder.resolve("y_test.npy"), npy("|u1", false, "(2,)", new byte[] {1, 2}));
    assertRefused(folder).hasMessageContaining("as many of both expected");
    Files.write(folder.resolve("y_test.npy"), npy("|u1", false, "(1,)", new byte[] {3}));
    assertRefused(folder).hasMessageContaining("of 3 classes").hasMessageContaining("of 4");
  }

  private Path csv(String text) throws IOException {
    return Files.writeString(folder.resolve("table.csv"), text);
  }

  @Test
  void tables() throws IOException {
    Path file = csv("a,kind,b\n1,cat,2\n3,dog,4.5\n5,cat,6\n7,\"dog\",8\n9,cat,1\n");
    Splits splits = Datasets.open(file, DataOptions.DEFAULT.withLabel("kind"));
    assertThat(splits.train().classNames()).containsExactly("cat", "dog");
    assertThat(splits.train().size() + splits.test().size()).isEqualTo(5);
    assertThat(splits.train().exampleShape()).containsExactly(2);
    Path bare = csv("1,2,0\n3,4,1\n5,6,1\n7,8,0\n9,1,2\n");
    assertThat(Datasets.open(bare, DataOptions.DEFAULT).train().classes()).isEqualTo(3);
    Dataset real = Datasets.open(bare, DataOptions.DEFAULT.withRegression(true)).train();
    assertThat(real.classes()).isZero();
    assertThat(real.targetShape()).containsExactly(1);
  }

  /** It's enough to be observed on, though not to be judged by. */
  @Test
  void oneExampleIsToLearnFrom() throws IOException {
    Splits splits = Datasets.open(csv("a,b,label\n1,2,0\n"), DataOptions.DEFAULT);
    assertThat(splits.train().size()).isEqualTo(1);
    assertThatThrownBy(splits::test).hasMessageContaining("table.csv: has no test part");
    assertThatThrownBy(() -> splits.validation(0.1, 0))
        .hasMessageContaining("table.csv: a training part of 1 can't be split at 0.1");
  }

  @Test
  void tablesThatCantBeUsed() throws IOException {
    assertRefused(csv("")).hasMessageContaining("empty");
    assertRefused(csv("a,b,label\n1,NaN,0\n1,2,1\n"))
        .hasMessageContaining("row 2, column 'b': 'NaN', expected a finite number");
    assertRefused(csv("a,b,label\n1,2,0\n1,2\n")).hasMessageContaining("row 3 has 2 cells");
    assertRefused(csv("a,b,label\n")).hasMessageContaining("a header and no rows");
    assertThatThrownBy(() -> Datasets.open(csv("a,b\n1,2\n"), DataOptions.DEFAULT.withLabel("c")))
        .hasMessageContaining("no column 'c'; it has [a, b]");
  }

  @Test
  void nothingAtAll() {
    assertRefused(folder).hasMessageContaining("the folder is empty");
    assertRefused(folder.resolve("nowhere")).hasMessageContaining("no such file or folder");
  }

  @Test
  void somethingElse() throws IOException {
    Files.writeString(folder.resolve("notes.md"), "hello");
    assertRefused(folder).hasMessageContaining("no data in a known format");
    assertRefused(folder.resolve("notes.md")).hasMessageContaining("not a known format");
  }
}
