package org.espalier.graph.build;

import java.util.Map;
import org.espalier.graph.DataType;
import org.espalier.graph.Dim;
import org.espalier.graph.Shape;

/** Attention over several heads, in primitive operators. Heads lie as [N, heads, sequence, d]. */
public final class Attention {
  /** Added to a score that must not count: small enough for any score, and still a number. */
  private static final float MASKED = -1e9f;

  private Attention() {}

  /** [N, sequence, heads * d] as [N, heads, sequence, d]. */
  public static Value heads(Value x, int heads) {
    return x.reshape(0, 0, heads, x.size(-1) / heads).transpose(0, 2, 1, 3);
  }

  /** [N, heads, sequence, d] as [N, sequence, heads * d]. */
  public static Value merge(Value x) {
    int features = x.size(1) * x.size(3);
    return x.transpose(0, 2, 1, 3).reshape(0, 0, features);
  }

  /**
   * Each head {@code times} times, so that groups of queries share a key (Ainslie et al., 2023).
   */
  public static Value repeat(Value x, int times) {
    int heads = x.size(1);
    Dim sequence = x.shape().dim(2);
    Shape wide =
        Shape.of(x.shape().dim(0), Dim.of(heads), Dim.of(times), sequence, x.shape().dim(3));
    Shape joined =
        Shape.of(x.shape().dim(0), Dim.of((long) heads * times), sequence, x.shape().dim(3));
    return x.unsqueeze(2)
        .follow("Expand", wide, Map.of(), x.builder().integers(1, 1, times, 1, 1))
        .reshape(0, (long) heads * times, -1, x.size(3))
        .as(joined);
  }

  /** softmax(q k^T / sqrt(d)) v for each head. */
  public static Value attend(Value q, Value k, Value v) {
    return scores(q, k).softmax().matmul(v);
  }

  /** softmax(q k^T / sqrt(d) + mask) v for each head, the mask broadcast over the scores. */
  public static Value attend(Value q, Value k, Value v, Value mask) {
    return scores(q, k).add(mask).softmax().matmul(v);
  }

  private static Value scores(Value q, Value k) {
    Value scale = q.builder().real((float) StrictMath.sqrt(q.size(-1)));
    return q.matmul(k.transpose(0, 1, 3, 2)).div(scale);
  }

  /** A mask from 1 where a token is and 0 where there's only padding: [N, S] to [N, 1, 1, S]. */
  public static Value paddingMask(Value tokens) {
    GraphBuilder g = tokens.builder();
    Value absent = tokens.unsqueeze(1).unsqueeze(2).cast(DataType.FLOAT).sub(g.real(1));
    return absent.mul(g.real(-MASKED));
  }

  /** A mask that lets each of {@code positions} [S] see itself and what came before: [S, S]. */
  public static Value causalMask(Value positions) {
    GraphBuilder g = positions.builder();
    Dim sequence = positions.shape().dim(0);
    Shape square = Shape.of(sequence, sequence);
    Value row = positions.unsqueeze(1);
    Value column = positions.unsqueeze(0);
    Value future = g.node(g.unique("future"), "Less", DataType.BOOL, square, Map.of(), row, column);
    return g.node(
        g.unique("causal_mask"),
        "Where",
        DataType.FLOAT,
        square,
        Map.of(),
        future,
        g.real(MASKED),
        g.real(0));
  }
}
