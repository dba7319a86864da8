/** TODO. */
package org.espalier.cli;
