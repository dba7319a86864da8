/**
 * What long work found, kept in a file as it is found: a run that is stopped goes on from there,
 * and one that asks for more does only what is missing.
 */
package org.espalier.study.results;
