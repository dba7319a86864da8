/**
 * What long work found, kept in a file as it is found: a run that is stopped goes on from there,
 * and one that asks for more does only what is missing.
 *
 * {@snippet :
 * record Found(String identity, double accuracy) implements Result {}
 * String key = Identity.of("1.0", model, "trained with seed 7", data.test()).of("density 0.5");
 * try (var results = new Results<>(file, Found.class, false, false)) {
 *   if (results.of(key).isEmpty()) {
 *     results.add(new Found(key, 98.5)); // what took hours
 *   }
 * }
 * }
 */
package org.espalier.study.results;
