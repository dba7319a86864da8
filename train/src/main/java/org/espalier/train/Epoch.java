package org.espalier.train;

import java.util.Optional;

/**
 * What an epoch came to.
 *
 * @param number from 0
 * @param loss mean over the epoch's batches, as the network learned
 * @param accuracy over the same, from 0 to 1; NaN for real targets
 * @param validation on the validation part, after the epoch, where there is one
 * @param rate the learning rate of its last step
 * @param sparsity the share of prunable weights that are pruned
 * @param work the share of a dense network's multiply-accumulates that its steps took, pruned
 *     weights left out
 * @param seconds it took, validation included; time before an interruption not
 */
public record Epoch(
    int number,
    double loss,
    double accuracy,
    Optional<Evaluation> validation,
    double rate,
    double sparsity,
    double work,
    double seconds) {}
