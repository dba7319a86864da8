/**
 * The {@code espalier} command. Each verb is one class ({@link org.espalier.cli.Verb}): its
 * options, one call into the library, a record as result. {@link org.espalier.cli.Main} is where
 * they meet.
 *
 * {@snippet :
 * int exitCode = Main.run(out, err, "methods", "--json");
 * }
 */
package org.espalier.cli;
