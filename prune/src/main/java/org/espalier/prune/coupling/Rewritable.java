package org.espalier.prune.coupling;

import java.util.Set;
import org.espalier.graph.Node;

/**
 * Which nodes of a user's model can take other sizes: {@code prune.rewrite} knows what depends on
 * them. What another node touches must stay.
 */
public final class Rewritable {
  /** Operators of ONNX's own set that follow the sizes of their inputs, or are rewritten. */
  private static final Set<String> STANDARD =
      Set.of(
          ("Abs Acos Acosh Add And ArgMax ArgMin Asin Asinh Atan Atanh Attention AveragePool"
               + " BatchNormalization BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor Cast"
               + " CastLike Ceil Celu Clip Compress Concat ConstantOfShape Conv ConvInteger"
               + " ConvTranspose Cos Cosh CumSum DFT DeformConv DepthToSpace DequantizeLinear Det"
               + " Div Dropout DynamicQuantizeLinear Einsum Elu Equal Erf Exp Expand Flatten Floor"
               + " GRU Gather GatherElements GatherND Gelu Gemm GlobalAveragePool GlobalLpPool"
               + " GlobalMaxPool Greater GreaterOrEqual GridSample GroupNormalization HardSigmoid"
               + " HardSwish Hardmax Identity InstanceNormalization IsInf IsNaN LRN LSTM"
               + " LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax LpNormalization"
               + " LpPool MatMul MatMulInteger Max MaxPool MaxRoiPool MaxUnpool Mean"
               + " MeanVarianceNormalization Min Mish Mod Mul Neg NonZero Not OneHot Or PRelu Pad"
               + " Pow QLinearConv QLinearMatMul QuantizeLinear RMSNormalization RNN Range"
               + " Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean"
               + " ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape Resize"
               + " ReverseSequence RoiAlign RotaryEmbedding Round ScatterElements ScatterND Selu"
               + " Shape Shrink Sigmoid Sign Sin Sinh Size Slice Softmax Softplus Softsign"
               + " SpaceToDepth Split Sqrt Squeeze Sub Sum Swish Tan Tanh ThresholdedRelu Tile TopK"
               + " Transpose Trilu Unsqueeze Upsample Where Xor")
              .split(" "));

  /** Those of ONNX Runtime's. */
  private static final Set<String> MICROSOFT =
      Set.of(
          ("Attention BiasAdd BiasGelu BiasSplitGelu BiasSoftmax"
                  + " DequantizeLinear DynamicQuantizeLSTM DynamicQuantizeMatMul"
                  + " EmbedLayerNormalization FastGelu"
                  + " FusedConv FusedGemm FusedMatMul FusedMatMulActivation Gelu"
                  + " GroupNorm GroupQueryAttention MatMulIntegerToFloat"
                  + " MultiHeadAttention NhwcMaxPool QGemm QLinearAdd QLinearAveragePool"
                  + " QLinearConcat QLinearGlobalAveragePool QLinearLeakyRelu QLinearMul"
                  + " QLinearReduceMean QLinearSigmoid QLinearSoftmax QLinearWhere QuantizeLinear"
                  + " QuickGelu RotaryEmbedding SimplifiedLayerNormalization SkipGroupNorm"
                  + " SkipLayerNormalization SkipSimplifiedLayerNormalization Trilu")
              .split(" "));

  private Rewritable() {}

  /** Whether the node's sizes can change. */
  public static boolean knows(Node node) {
    if (!node.subgraphs().isEmpty()) {
      return false;
    }
    if (node.integer("block_size", 0) != 0) {
      return false; // quantised in blocks, which would be cut
    }
    return node.isStandard()
        ? STANDARD.contains(node.op()) || node.op().equals("SimplifiedLayerNormalization")
        : node.domain().equals("com.microsoft") && MICROSOFT.contains(node.op());
  }
}
