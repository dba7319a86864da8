/**
 * Labelled examples and the ways to get them. A {@link org.espalier.train.data.Dataset} is drawn by
 * index into tensors; {@link org.espalier.train.data.Datasets} opens what the user has (IDX,
 * CIFAR's binaries, image folders and zips, NumPy arrays, CSV, text) or draws the embedded digits,
 * and {@link org.espalier.train.data.Batches} prepares batches ahead on a thread of its own.
 *
 * {@snippet :
 * Splits mnist = Datasets.open("mnist", DataOptions.DEFAULT);
 * try (Batches batches = Batches.shuffled(mnist.train(), 64, 42L)) {
 *   while (batches.hasNext()) {
 *     Batch batch = batches.next(); // valid until the next one is asked for
 *   }
 * }
 * }
 *
 * <p>Nothing here keeps random state: what a batch holds follows from the seed and the batch's
 * number alone, so a resumed training sees what an uninterrupted one would have seen.
 */
package org.espalier.train.data;
