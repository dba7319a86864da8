package org.espalier.torch;

import static org.espalier.torch.Call.scalar;

import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.espalier.graph.Attribute;

/** Products of matrices. */
final class Products {
  private Products() {}

  static void register(Rules.Table table) {
    table.single("MatMul", call -> torch.matmul(call.in(0), call.in(1)));
    table.single("Gemm", Products::gemm);
    table.single("Einsum", Products::einsum);
  }

  private static Tensor gemm(Call call) {
    double alpha = call.node().real("alpha", 1);
    double beta = call.node().real("beta", 1);
    Tensor a = call.flag("transA", false) ? call.in(0).t() : call.in(0);
    Tensor b = call.flag("transB", false) ? call.in(1).t() : call.in(1);
    if (a.dim() != 2 || b.dim() != 2 || a.size(1) != b.size(0)) {
      throw call.invalid(
          "A of shape %s and B of shape %s, transposed as asked, can't be multiplied"
              .formatted(Arrays.toString(Libtorch.shape(a)), Arrays.toString(Libtorch.shape(b))));
    }
    if (a.is_floating_point()) {
      return call.has(2)
          ? torch.addmm(call.in(2), a, b, scalar(beta), scalar(alpha))
          : alpha == 1 ? torch.matmul(a, b) : torch.matmul(a, b).mul(scalar(alpha));
    }
    Tensor product = torch.matmul(a, b).mul(scalar((long) alpha));
    return call.has(2) ? product.add(call.in(2).mul(scalar((long) beta))) : product;
  }

  private static Tensor einsum(Call call) {
    String equation =
        call.node()
            .attribute("equation")
            .filter(Attribute.StringValue.class::isInstance)
            .map(value -> ((Attribute.StringValue) value).value().toString())
            .orElseThrow(() -> call.invalid("attribute 'equation' is missing"));
    return torch.einsum(
        equation.replace(" ", ""), new TensorVector(call.inputs().toArray(Tensor[]::new)));
  }
}
