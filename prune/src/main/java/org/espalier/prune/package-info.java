/** TODO. */
package org.espalier.prune;
