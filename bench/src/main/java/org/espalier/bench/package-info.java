/** TODO. */
package org.espalier.bench;
