/** TODO. */
package org.espalier.train;
