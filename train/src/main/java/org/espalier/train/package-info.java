/**
 * Training on libtorch, with masks that hold. A {@link org.espalier.train.Trainer} takes a model,
 * {@link org.espalier.train.TrainingOptions} and {@link org.espalier.train.TrainingRule}s, which
 * say how a training differs from plain training: {@link org.espalier.train.GradualPruning}, {@link
 * org.espalier.train.FixedMasks} for fine-tuning what is pruned already. {@link
 * org.espalier.train.Evaluation} judges a model on any executor.
 *
 * {@snippet :
 * Splits digits = Datasets.open("embedded");
 * TrainingOptions options = TrainingOptions.usual(5).withSeed(1);
 * Trained trained = new Trainer(Zoo.build("lenet-5", 1), options)
 *     .with(GradualPruning.magnitude(0.9, Trainer.steps(digits.train(), options)))
 *     .train(digits.train(), Optional.of(digits.test()), TrainingProgress.SILENT);
 * Onnx.write(trained.model(), Path.of("sparse.onnx"));
 * }
 *
 * <p>Data live in {@code data}, optimisers and learning rates in {@code optim}.
 */
package org.espalier.train;
