/**
 * Models on libtorch, forward and backward. {@link org.espalier.torch.TorchModel} opens an ONNX
 * model, runs it, and gives its weights as tensors of libtorch that share memory with ours; {@link
 * org.espalier.torch.Autograd} differentiates what a forward pass gave.
 *
 * {@snippet :
 * try (TorchModel net = TorchModel.of(model)) {
 *   try (var step = new PointerScope()) {
 *     Forward forward = net.forward(Map.of("input", images), Mode.TRAIN);
 *     var loss = torch.cross_entropy_loss(forward.output(), labels);
 *     var gradients = net.gradients(loss); // by the names of the weights
 *   }
 * }
 * }
 *
 * <p>What each operator does is a {@code Rule} in a table, by family; losses and optimisers live in
 * {@code train}.
 */
package org.espalier.torch;
