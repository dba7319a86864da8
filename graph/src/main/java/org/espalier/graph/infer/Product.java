package org.espalier.graph.infer;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A product of atoms, sorted; the empty one is 1. The order is by degree and then lexicographic, so
 * that multiplying by a third product keeps it: polynomial division rests on that.
 */
record Product(List<Atom> atoms) implements Comparable<Product> {
  static final Product ONE = new Product(List.of());

  static Product of(Atom atom) {
    return new Product(List.of(atom));
  }

  Product times(Product other) {
    return new Product(Stream.concat(atoms.stream(), other.atoms.stream()).sorted().toList());
  }

  /** This product without the factors of {@code divisor}, where it has all of them. */
  Optional<Product> over(Product divisor) {
    var left = new ArrayList<>(atoms);
    for (Atom atom : divisor.atoms) {
      if (!left.remove(atom)) {
        return Optional.empty();
      }
    }
    return Optional.of(new Product(List.copyOf(left)));
  }

  boolean isOne() {
    return atoms.isEmpty();
  }

  /** Larger products come first. */
  @Override
  public int compareTo(Product other) {
    if (atoms.size() != other.atoms.size()) {
      return Integer.compare(other.atoms.size(), atoms.size());
    }
    for (int k = 0; k < atoms.size(); k++) {
      int order = atoms.get(k).compareTo(other.atoms.get(k));
      if (order != 0) {
        return order;
      }
    }
    return 0;
  }

  @Override
  public String toString() {
    return atoms.stream().map(Atom::text).collect(Collectors.joining("*"));
  }
}
