package org.espalier.train.rule;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.espalier.graph.DataType;
import org.espalier.torch.Autograd;
import org.espalier.torch.Libtorch;
import org.espalier.train.Pass;
import org.espalier.train.Step;

/**
 * Who tells members from strangers: one hidden layer over a network's probabilities and the label.
 *
 * @param weights its own, by name, in a step's memory
 */
record Attacker(Map<String, org.espalier.graph.Tensor> weights) {
  static Attacker of(Step step, int classes, int width) {
    var weights = new LinkedHashMap<String, org.espalier.graph.Tensor>();
    weights.put("answer", step.memory("attacker/answer", DataType.FLOAT, classes, width));
    weights.put("label", step.memory("attacker/label", DataType.FLOAT, classes, width));
    weights.put("bias", step.memory("attacker/bias", DataType.FLOAT, width));
    weights.put("output", step.memory("attacker/output", DataType.FLOAT, width, 1));
    weights.put("offset", step.memory("attacker/offset", DataType.FLOAT, 1));
    return new Attacker(weights);
  }

  /** Begins anew with weights drawn by chance. */
  void draw(long seed) {
    var random = new SplittableRandom(seed);
    weights.forEach(
        (_, tensor) -> {
          double bound = 1 / Math.sqrt((double) tensor.dim(0));
          for (long k = 0; tensor.rank() == 2 && k < tensor.size(); k++) {
            tensor.setFloat(k, (float) random.nextDouble(-bound, bound));
          }
        });
  }

  private Map<String, Tensor> views() {
    var views = new LinkedHashMap<String, Tensor>();
    weights.forEach((name, tensor) -> views.put(name, Libtorch.view(tensor)));
    return views;
  }

  /** How sure it is that each example is a member: logits, [n]. */
  Tensor judge(Pass pass) {
    return judge(pass, views());
  }

  private static Tensor judge(Pass pass, Map<String, Tensor> weights) {
    Tensor answer = pass.logits().softmax(-1).mm(weights.get("answer"));
    Tensor hidden =
        answer.add(weights.get("label").index_select(0, pass.targets())).add(weights.get("bias"));
    return hidden.relu().mm(weights.get("output")).add(weights.get("offset")).reshape(-1);
  }

  /** One gradient step towards telling these apart; gradients must be on. */
  void improve(Pass members, Pass strangers, double rate) {
    Map<String, Tensor> leaves = views();
    leaves.values().forEach(leaf -> leaf.set_requires_grad(true));
    Tensor right = torch.log_sigmoid(judge(members, leaves)).mean();
    Tensor wrong = torch.log_sigmoid(judge(strangers, leaves).neg()).mean();
    Map<String, Tensor> uphill = Autograd.gradients(right.add(wrong), leaves);
    weights.forEach(
        (name, tensor) -> {
          Tensor moved = leaves.get(name).detach().add(uphill.get(name), new Scalar(rate));
          tensor.data().copyFrom(Libtorch.copy(moved).data());
        });
  }
}
