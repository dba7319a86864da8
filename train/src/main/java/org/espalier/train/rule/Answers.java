package org.espalier.train.rule;

import java.util.stream.IntStream;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.espalier.torch.Libtorch;
import org.espalier.train.Pass;

/** What a batch's examples are, and whether the network said so. */
record Answers(int[] labels, boolean[] right) {
  static Answers of(Pass pass) {
    int[] labels = integers(pass.targets());
    int[] said = integers(pass.logits().argmax(new LongOptional(-1), false));
    boolean[] right = new boolean[labels.length];
    for (int k = 0; k < labels.length; k++) {
      right[k] = said[k] == labels[k];
    }
    return new Answers(labels, right);
  }

  private static int[] integers(Tensor tensor) {
    var copy = Libtorch.copy(tensor);
    return IntStream.range(0, (int) copy.size()).map(k -> (int) copy.integerAt(k)).toArray();
  }

  int size() {
    return labels.length;
  }
}
