package org.espalier.torch;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.espalier.graph.Attribute;
import org.espalier.graph.Bytes;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;

/** Operators that are layers of networks, or in layers. */
final class LayerCases extends OperatorCases {
  LayerCases(SeededRandom random) {
    super(random);
  }

  @Override
  void addAll() {
    products();
    windows();
    normalisations();
    resizing();
    recurrent();
    samplingAndLosses();
    composites();
  }

  private void products() {
    add(on("MatMul", real(3, 5), real(5, 2)), on("MatMul", real(2, 1, 3, 5), real(4, 5, 2)));
    add(on("MatMul", real(5), real(5, 2)), on("MatMul", real(3, 5), real(5)));
    add(on("Gemm", real(3, 5), real(5, 2), real(2)), on("Gemm", real(3, 5), real(5, 2)));
    add(
        on("Gemm", real(5, 3), real(2, 5), real(3, 1))
            .flag("transA", 1)
            .flag("transB", 1)
            .real("alpha", 0.7)
            .real("beta", 1.3));
    add(on("Einsum", real(2, 3, 5), real(2, 5, 3)).with("equation", "bij, bjk -> bik"));
    add(on("Einsum", real(3, 3)).with("equation", "ii->i"));
  }

  private void windows() {
    add(on("Conv", real(2, 3, 7), real(5, 3, 3), real(5)));
    add(
        on("Conv", real(1, 4, 5, 6), real(6, 2, 3, 2))
            .flag("group", 2)
            .with("strides", 2, 1)
            .with("dilations", 1, 2)
            .with("pads", 0, 1, 2, 3));
    add(on("Conv", real(1, 2, 5, 5), real(3, 2, 3, 3)).with("auto_pad", "SAME_LOWER"));
    add(
        on("Conv", real(1, 1, 3, 4, 3), real(2, 1, 2, 2, 2), real(2))
            .with("pads", 1, 1, 1, 1, 1, 1));
    add(on("ConvTranspose", real(1, 3, 4), real(3, 2, 3), real(2)).with("strides", 2));
    add(
        on("ConvTranspose", real(1, 4, 3, 4), real(4, 2, 3, 3), real(4))
            .flag("group", 2)
            .with("strides", 2, 3)
            .with("pads", 1, 0, 2, 1)
            .with("output_padding", 1, 2));
    add(
        on("ConvTranspose", real(1, 2, 3, 3), real(2, 1, 3, 3))
            .with("strides", 2, 2)
            .with("auto_pad", "SAME_UPPER"));
    for (String op : List.of("MaxPool", "AveragePool", "LpPool")) {
      add(on(op, real(1, 2, 7)).with("kernel_shape", 3).with("strides", 2).with("pads", 1, 0));
      add(
          on(op, real(1, 2, 6, 7))
              .with("kernel_shape", 3, 2)
              .with("strides", 2, 2)
              .with("pads", 1, 0, 1, 1)
              .flag("ceil_mode", 1));
      add(
          on(op, real(1, 1, 7, 7))
              .with("kernel_shape", 3, 2)
              .with("dilations", 2, 3)
              .with("pads", 1, 1, 1, 1));
      add(on(op, real(1, 1, 5, 5)).with("kernel_shape", 3, 3).with("auto_pad", "SAME_UPPER"));
      add(on(op, real(1, 1, 4, 3, 4)).with("kernel_shape", 2, 2, 3));
    }
    add(
        on("AveragePool", real(1, 1, 5, 5))
            .with("kernel_shape", 3, 3)
            .with("strides", 2, 2)
            .with("pads", 1, 1, 1, 1)
            .flag("count_include_pad", 1));
    for (String op : List.of("GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool")) {
      add(on(op, real(2, 3, 4, 5)), on(op, real(1, 2, 7)));
    }
  }

  private void normalisations() {
    add(on("BatchNormalization", real(2, 3, 5), real(3), real(3), real(3), positive(3)));
    add(on("InstanceNormalization", real(2, 3, 5), real(3), real(3)));
    add(on("LayerNormalization", real(2, 3, 5), real(5), real(5)));
    add(
        on("LayerNormalization", real(2, 3, 5), real(3, 5))
            .flag("axis", 1)
            .flag("stash_type", 11)
            .outputs(3)
            .real("epsilon", 0.1));
    add(on("LayerNormalization", real(2, 3, 5), real(1), real(3, 1)).flag("axis", 2));
    add(on("GroupNormalization", real(2, 6, 5), real(6), real(6)).flag("num_groups", 3));
    add(on("RMSNormalization", real(2, 3, 5), real(3, 5)).flag("axis", 1));
    add(on("LRN", real(1, 5, 3, 2)).flag("size", 3).real("alpha", 0.7).real("bias", 2));
    add(on("LRN", real(1, 5, 3, 2)).flag("size", 4).real("alpha", 0.7).real("beta", 0.5));
    add(on("LpNormalization", real(3, 5)), on("LpNormalization", real(3, 5)).flag("p", 1));
    add(on("MeanVarianceNormalization", real(2, 3, 2, 2)));
    add(on("Softmax", real(2, 3, 5)).flag("axis", 1), on("LogSoftmax", real(2, 3)));
  }

  private void resizing() {
    Tensor none = null;
    for (String mode : List.of("nearest", "linear", "cubic")) {
      for (String coordinates :
          List.of("half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel")) {
        add(
            on("Resize", real(1, 1, 3, 4), none, none, ints(1, 1, 5, 3))
                .with("mode", mode)
                .with("coordinate_transformation_mode", coordinates));
      }
    }
    add(
        on("Resize", real(1, 1, 7, 6), none, none, ints(4, 3))
            .with("axes", 2, 3)
            .with("mode", "cubic")
            .flag("antialias", 1)
            .flag("exclude_outside", 1));
    add(
        on("Resize", real(2, 5), none, Tensor.of(new float[] {1, 0.6f}))
            .with("mode", "linear")
            .flag("antialias", 1));
  }

  private void recurrent() {
    int steps = 3;
    int batch = 2;
    int size = 2;
    int in = 3;
    var gates = new TreeMap<>(Map.of("RNN", 1, "GRU", 3, "LSTM", 4));
    gates.forEach(
        (op, count) -> {
          int wide = count * size;
          int last = op.equals("LSTM") ? 3 : 2;
          add(
              on(op, real(steps, batch, in), real(1, wide, in), real(1, wide, size))
                  .flag("hidden_size", size)
                  .outputs(last));
          var inputs =
              new ArrayList<Tensor>(
                  List.of(
                      real(steps, batch, in),
                      real(2, wide, in),
                      real(2, wide, size),
                      real(2, 2L * wide),
                      Tensor.of(new int[] {3, 2}),
                      real(2, batch, size)));
          if (op.equals("LSTM")) {
            inputs.add(real(2, batch, size));
            inputs.add(real(2, 3L * size));
          }
          add(
              new OperatorCase(op, Map.of(), inputs, last)
                  .with("direction", "bidirectional")
                  .flag("hidden_size", size)
                  .flag("linear_before_reset", 1)
                  .real("clip", 1.5));
        });
    add(
        on("LSTM", real(steps, batch, in), real(1, 8, in), real(1, 8, size))
            .with("direction", "reverse")
            .flag("input_forget", 1)
            .with(
                "activations",
                new Attribute.StringValues(
                    List.of(Bytes.utf8("HardSigmoid"), Bytes.utf8("Affine"), Bytes.utf8("Elu"))))
            .with("activation_alpha", Attribute.ofFloats(List.of(0.3f, 0.8f, 0.7f)))
            .with("activation_beta", Attribute.ofFloats(List.of(0.4f, 0.1f)))
            .flag("hidden_size", size));
  }

  private void samplingAndLosses() {
    for (String mode : List.of("linear", "cubic", "nearest")) {
      add(on("GridSample", real(1, 2, 4, 5), real(Math::tanh, 1, 3, 2, 2)).with("mode", mode));
    }
    add(
        on("GridSample", real(1, 2, 4, 5), real(1, 3, 2, 2))
            .with("padding_mode", "border")
            .flag("align_corners", 1));
    add(on("AffineGrid", real(2, 2, 3), ints(2, 1, 3, 5)));
    add(on("CenterCropPad", real(3, 6), ints(5, 3)), on("Det", real(2, 3, 3)));
    Tensor classes = Tensor.of(new long[] {1, 0, 2, 2, 1, 0}, 2, 3);
    for (String op : List.of("NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss")) {
      for (String reduction : List.of("none", "mean", "sum")) {
        add(
            on(op, real(2, 4, 3), classes, positive(4))
                .with("reduction", reduction)
                .flag("ignore_index", 2));
      }
    }
  }

  /** Operators that libtorch does in parts. */
  private void composites() {
    add(on("Attention", real(1, 2, 3, 4), real(1, 2, 5, 4), real(1, 2, 5, 3)));
    add(
        on("Attention", real(2, 3, 8), real(2, 3, 4), real(2, 3, 4), real(3, 3))
            .flag("q_num_heads", 4)
            .flag("kv_num_heads", 2)
            .flag("is_causal", 1)
            .real("softcap", 2));
    add(on("RotaryEmbedding", real(1, 2, 3, 4), real(1, 3, 2), real(1, 3, 2)));
    add(on("SwiGLU", real(2, 3), real(2, 3)));
  }
}
