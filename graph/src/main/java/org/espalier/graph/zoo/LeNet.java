package org.espalier.graph.zoo;

import static org.espalier.graph.build.Conv.kernel;

import org.espalier.graph.build.Init;
import org.espalier.graph.build.Value;

/** LeNet-5 as the pruning literature means it: Caffe's, with 20 and 50 filters and 500 units. */
final class LeNet {
  private LeNet() {}

  static Value lenet5(Value image) {
    Value x = image.conv("conv1", 20, kernel(5).pad(0).biased().init(Init.lecunNormal()));
    x = x.maxPool(2, 2, 0);
    x = x.conv("conv2", 50, kernel(5).pad(0).biased().init(Init.lecunNormal()));
    x = x.maxPool(2, 2, 0).flatten();
    x = x.linear("fc1", 500).relu();
    return x.linear("fc2", 10, Init.lecunNormal());
  }
}
