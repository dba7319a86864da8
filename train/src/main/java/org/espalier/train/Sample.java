package org.espalier.train;

import org.bytedeco.pytorch.Tensor;

/**
 * Examples with their targets, as a network takes them.
 *
 * @param examples [n, ...]
 * @param targets [n, ...]
 */
public record Sample(Tensor examples, Tensor targets) {}
