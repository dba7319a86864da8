/** Measures, compares and reports: what the command prints is computed here. */
package org.espalier.study;
