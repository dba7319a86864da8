/** TODO. */
package org.espalier.study;
