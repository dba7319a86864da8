package org.espalier.torch;

import static org.espalier.torch.Call.scalar;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.espalier.graph.Attribute;

/**
 * The activation functions that a recurrent layer names, with their parameters: the lists of alphas
 * and betas are used up in order by the functions that take one.
 */
final class GateFunctions {
  private final Call call;
  private final List<Float> alphas;
  private final List<Float> betas;

  private GateFunctions(Call call) {
    this.call = call;
    this.alphas = floats("activation_alpha");
    this.betas = floats("activation_beta");
  }

  static List<UnaryOperator<Tensor>> of(Call call, Cell.Kind kind, int direction, int directions) {
    List<String> usual =
        switch (kind) {
          case RNN -> List.of("Tanh");
          case GRU -> List.of("Sigmoid", "Tanh");
          case LSTM -> List.of("Sigmoid", "Tanh", "Tanh");
        };
    List<String> names =
        call.node().attribute("activations").orElse(null)
                instanceof Attribute.StringValues(var given)
            ? given.stream().map(Object::toString).toList()
            : List.of();
    if (!names.isEmpty() && names.size() != usual.size() * directions) {
      throw call.invalid("activations %s, expected %d".formatted(names, usual.size() * directions));
    }
    var parameters = new GateFunctions(call);
    var functions = new ArrayList<UnaryOperator<Tensor>>();
    for (int k = 0; k < usual.size() * directions; k++) {
      UnaryOperator<Tensor> function =
          parameters.named(names.isEmpty() ? usual.get(k % usual.size()) : names.get(k));
      if (k / usual.size() == direction) {
        functions.add(function);
      }
    }
    return functions;
  }

  private List<Float> floats(String attribute) {
    return call.node().attribute(attribute).orElse(null)
            instanceof Attribute.FloatValues(var values)
        ? new ArrayList<>(values)
        : new ArrayList<>();
  }

  private static double next(List<Float> values, double otherwise) {
    return values.isEmpty() ? otherwise : values.removeFirst();
  }

  private UnaryOperator<Tensor> named(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "sigmoid" -> Tensor::sigmoid;
      case "tanh" -> Tensor::tanh;
      case "relu" -> Tensor::relu;
      case "softplus" -> torch::softplus;
      case "softsign" -> x -> x.div(x.abs().add(scalar(1.0)));
      case "affine" -> {
        double alpha = next(alphas, 1);
        double beta = next(betas, 0);
        yield x -> x.mul(scalar(alpha)).add(scalar(beta));
      }
      case "leakyrelu" -> {
        double alpha = next(alphas, 0.01);
        yield x -> torch.leaky_relu(x, scalar(alpha));
      }
      case "thresholdedrelu" -> {
        double alpha = next(alphas, 1);
        yield x -> torch.where(x.gt(scalar(alpha)), x, torch.zeros_like(x));
      }
      case "scaledtanh" -> {
        double alpha = next(alphas, 1);
        double beta = next(betas, 1);
        yield x -> x.mul(scalar(beta)).tanh().mul(scalar(alpha));
      }
      case "hardsigmoid" -> {
        double alpha = next(alphas, 0.2);
        double beta = next(betas, 0.5);
        yield x -> Activations.hardSigmoid(x, alpha, beta);
      }
      case "elu" -> {
        double alpha = next(alphas, 1);
        yield x -> torch.elu(x, scalar(alpha), scalar(1.0), scalar(1.0));
      }
      default -> throw call.invalid("activation '" + name + "'");
    };
  }
}
