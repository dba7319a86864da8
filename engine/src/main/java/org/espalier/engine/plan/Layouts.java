package org.espalier.engine.plan;

/** Homes in the layout of another. */
final class Layouts {
  private Layouts() {}

  /** The value in the same layout as {@code model}, a value of the same shape. */
  static Home.InMemory like(Planner planner, String value, Home.InMemory model) {
    return switch (model) {
      case Home.Rows ignored -> planner.rows(value);
      case Home.Matrix ignored -> planner.matrix(value);
      case Home.Columns ignored -> planner.columns(value);
      case Home.Planes ignored -> planner.planes(value);
      case Home.Strided strided -> Copy.into(planner, value, newLike(planner, strided));
      case Home.Shares ignored -> SharedRows.of(planner, value);
    };
  }

  /** A new home in the same layout, for a value of the same shape. */
  static Home.InMemory newLike(Planner planner, Home.InMemory model) {
    return switch (model) {
      case Home.Placed placed -> newLike(planner, placed);
      case Home.Shares shares -> SharedRows.make(planner, shares.dims());
    };
  }

  static Home.Placed newLike(Planner planner, Home.Placed model) {
    return switch (model) {
      case Home.Rows rows -> planner.newRows(rows.type(), rows.dims());
      case Home.Matrix matrix -> planner.newMatrix(matrix.dims());
      case Home.Columns columns -> planner.newColumns(columns.dims());
      case Home.Planes planes -> planner.newPlanes(planes.dims());
      case Home.Strided view -> view.in(planner.slot(Strides.extent(view.dims(), view.strides())));
    };
  }
}
