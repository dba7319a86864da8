/** TODO. */
package org.espalier.reference;
