/** TODO. */
package org.espalier.torch;
