/** TODO. */
package org.espalier.engine;
