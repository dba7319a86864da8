package org.espalier.train;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.torch.Forward;
import org.espalier.torch.Mode;
import org.espalier.torch.TorchModel;

/** A network that examples can be shown to: the one in training, or one that stays as it is. */
public final class Network implements AutoCloseable {
  private static final double LEAST_PROBABILITY = 1e-12;

  private final TorchModel net;
  private final String input;
  private final boolean probabilities;
  private final Loss loss;
  private Map<String, Tensor> instead = Map.of();

  Network(Model model, TorchModel net, String input, Loss loss) {
    this.net = net;
    this.input = input;
    this.loss = loss;
    probabilities = Evaluation.endsInSoftmax(model);
  }

  /** A network of its own, with weights that nothing changes. */
  static Network frozen(Model model, int threads, Loss loss) {
    if (model.graph().requiredInputs().size() != 1) {
      throw new InvalidInputException(
          "a network beside the one in training takes %d inputs, data have one"
              .formatted(model.graph().requiredInputs().size()));
    }
    TorchModel.Options usual = TorchModel.Options.usual().withTrainable(_ -> false);
    TorchModel net = TorchModel.of(model, threads > 0 ? usual.withThreads(threads) : usual);
    return new Network(model, net, model.graph().requiredInputs().getFirst().name(), loss);
  }

  /** From now on passes see these tensors in place of the weights of their names. */
  void see(Map<String, Tensor> tensors) {
    instead = tensors;
  }

  /**
   * Shows examples to the network as it is now.
   *
   * @param examples as its input takes them
   * @param targets handed on
   * @param taps names of values to hand out beside the output
   */
  public Pass show(Tensor examples, Tensor targets, Mode mode, Set<String> taps) {
    var seen = new HashMap<>(instead);
    seen.put(input, examples);
    Forward forward = net.forward(seen, mode, taps);
    Tensor output = forward.output();
    Tensor logits = probabilities ? output.clamp_min(new Scalar(LEAST_PROBABILITY)).log() : output;
    return new Pass(examples, targets, logits, forward.taps());
  }

  /** The training's own loss of a pass. */
  public Tensor loss(Pass pass) {
    return loss.of(pass.logits(), pass.targets());
  }

  /** The floating-point weights by name, as they are now. */
  public Map<String, org.espalier.graph.Tensor> weights() {
    return net.weights();
  }

  /** Whether it has a value of this name, so that it can be tapped. */
  public boolean has(String value) {
    return net.has(value);
  }

  @Override
  public void close() {
    net.close();
  }
}
