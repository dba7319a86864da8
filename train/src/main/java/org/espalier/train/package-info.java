/** Training: data, losses, optimisers, the trainer and the rules that keep networks sparse. */
package org.espalier.train;
