package org.espalier.prune.repair;

import java.util.Arrays;

/**
 * The cheapest way to carry what sources have to where it's wanted: exact optimal transport, by
 * successive shortest paths in the residual network, with potentials that keep all costs
 * non-negative (Edmonds and Karp, 1972).
 */
final class Transport {
  /** What is left of a mass below this share of all is rounding. */
  private static final double ROUNDING = 1e-12;

  private final double[][] cost;
  private final double[] supply;
  private final double[] demand;
  private final double[][] flow;
  private final double[] sourcePotential;
  private final double[] sinkPotential;

  private Transport(double[][] cost, double[] supply, double[] demand) {
    this.cost = cost;
    this.supply = supply.clone();
    this.demand = demand.clone();
    this.flow = new double[supply.length][demand.length];
    this.sourcePotential = new double[supply.length];
    this.sinkPotential = new double[demand.length];
  }

  /**
   * The plan: how much goes from each source to each sink.
   *
   * @param cost [sources][sinks] of carrying one unit, none negative
   * @param supply [sources]; its sum is that of {@code demand}
   * @param demand [sinks]
   */
  static double[][] plan(double[][] cost, double[] supply, double[] demand) {
    var transport = new Transport(cost, supply, demand);
    double least = ROUNDING * Arrays.stream(supply).sum();
    for (int source = 0; source < supply.length; source++) {
      while (transport.supply[source] > least && transport.augment(source, least)) {}
    }
    return transport.flow;
  }

  /** Sends as much as goes along the cheapest path from a source; false where nothing is wanted. */
  private boolean augment(int source, double least) {
    double[] toSource = new double[supply.length];
    double[] toSink = new double[demand.length];
    int[] sinkBefore = new int[supply.length];
    int[] sourceBefore = new int[demand.length];
    boolean[] done = new boolean[demand.length];
    Arrays.fill(toSource, Double.POSITIVE_INFINITY);
    Arrays.fill(toSink, Double.POSITIVE_INFINITY);
    Arrays.fill(sinkBefore, -1);
    toSource[source] = 0;
    relax(source, 0, toSink, sourceBefore, done);
    int end;
    while (true) {
      end = nearest(toSink, done);
      if (end < 0) {
        return false;
      }
      done[end] = true;
      if (demand[end] > least) {
        break;
      }
      for (int other = 0; other < supply.length; other++) {
        if (flow[other][end] > 0 && Double.isInfinite(toSource[other])) {
          toSource[other] = toSink[end];
          sinkBefore[other] = end;
          relax(other, toSource[other], toSink, sourceBefore, done);
        }
      }
    }
    double length = toSink[end];
    for (int k = 0; k < supply.length; k++) {
      sourcePotential[k] += Math.max(0, length - toSource[k]);
    }
    for (int k = 0; k < demand.length; k++) {
      sinkPotential[k] -= done[k] ? length - toSink[k] : 0;
    }
    send(source, end, sinkBefore, sourceBefore);
    return true;
  }

  private void relax(
      int source, double distance, double[] toSink, int[] sourceBefore, boolean[] done) {
    for (int sink = 0; sink < demand.length; sink++) {
      double reduced = cost[source][sink] - sourcePotential[source] - sinkPotential[sink];
      double reached = distance + Math.max(0, reduced);
      if (!done[sink] && reached < toSink[sink]) {
        toSink[sink] = reached;
        sourceBefore[sink] = source;
      }
    }
  }

  private static int nearest(double[] distances, boolean[] done) {
    int nearest = -1;
    for (int k = 0; k < distances.length; k++) {
      if (!done[k]
          && distances[k] < Double.POSITIVE_INFINITY
          && (nearest < 0 || distances[k] < distances[nearest])) {
        nearest = k;
      }
    }
    return nearest;
  }

  private void send(int source, int end, int[] sinkBefore, int[] sourceBefore) {
    double amount = Math.min(supply[source], demand[end]);
    for (int sink = end; ; sink = sinkBefore[sourceBefore[sink]]) {
      int from = sourceBefore[sink];
      if (from == source) {
        break;
      }
      amount = Math.min(amount, flow[from][sinkBefore[from]]);
    }
    for (int sink = end; ; sink = sinkBefore[sourceBefore[sink]]) {
      int from = sourceBefore[sink];
      flow[from][sink] += amount;
      if (from == source) {
        break;
      }
      flow[from][sinkBefore[from]] -= amount;
    }
    supply[source] -= amount;
    demand[end] -= amount;
  }
}
