/**
 * How a network starts: weights drawn so that signals and gradients neither die out nor explode on
 * their way through many layers. {@link org.espalier.train.init.Initialization} draws a whole
 * network so, {@link org.espalier.train.init.EdgeOfChaos} computes the scale that an activation
 * wants. What a network is that was never trained, whatever its scale, {@link
 * org.espalier.train.Redrawn} says.
 *
 * {@snippet :
 * Model fresh = Initialization.atEdgeOfChaos(model, OptionalDouble.empty(), seed).model();
 * }
 */
package org.espalier.train.init;
