package org.espalier.graph;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a file says about a part of a model and no pass needs: its documentation, its metadata, and
 * fields newer than this library. It travels with the part and is written back as it came.
 */
public record Details(String doc, Map<String, String> metadata, Bytes unknown) {
  public static final Details NONE = new Details("", Map.of(), Bytes.EMPTY);

  public Details {
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
  }
}
