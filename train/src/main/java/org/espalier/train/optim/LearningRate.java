package org.espalier.train.optim;

import java.util.List;
import org.espalier.graph.InvalidInputException;

/** The learning rate of each step. */
public sealed interface LearningRate {
  /**
   * The rate of a step.
   *
   * @param step the step, from 0
   * @param perEpoch how many steps an epoch has
   * @param steps how many steps the training has
   */
  double at(long step, long perEpoch, long steps);

  /** The same rate throughout. */
  record Constant(double rate) implements LearningRate {
    public Constant {
      check(rate);
    }

    @Override
    public double at(long step, long perEpoch, long steps) {
      return rate;
    }
  }

  /**
   * A rate that is multiplied by {@code factor} at the start of each of these epochs, counted from
   * 0.
   */
  record Stepwise(double rate, List<Integer> epochs, double factor) implements LearningRate {
    public Stepwise {
      check(rate);
      epochs = List.copyOf(epochs);
    }

    @Override
    public double at(long step, long perEpoch, long steps) {
      long epoch = step / perEpoch;
      long passed = epochs.stream().filter(start -> start <= epoch).count();
      return rate * Math.pow(factor, (double) passed);
    }
  }

  /** Half a cosine from {@code rate} to {@code last} (Loshchilov and Hutter, 2017). */
  record Cosine(double rate, double last) implements LearningRate {
    public Cosine {
      check(rate);
    }

    @Override
    public double at(long step, long perEpoch, long steps) {
      double done = steps > 0 ? Math.min((double) step / steps, 1) : 0;
      return last + (rate - last) * (1 + Math.cos(Math.PI * done)) / 2;
    }
  }

  /**
   * A straight line up to another schedule over its first {@code epochs}; the other one starts when
   * this is over and has the rest of the training.
   */
  record WarmUp(double epochs, LearningRate then) implements LearningRate {
    public WarmUp {
      if (!(epochs >= 0)) {
        throw new InvalidInputException("a warm-up of " + epochs + " epochs, expected 0 or more");
      }
    }

    @Override
    public double at(long step, long perEpoch, long steps) {
      long warm = Math.min(Math.round(epochs * perEpoch), steps);
      return step < warm
          ? then.at(0, perEpoch, steps - warm) * (step + 1) / (warm + 1)
          : then.at(step - warm, perEpoch, steps - warm);
    }
  }

  /**
   * Another schedule from its beginning to its end, again and again (Loshchilov and Hutter, 2017).
   *
   * @param cycles how often
   */
  record Restarts(int cycles, LearningRate then) implements LearningRate {
    public Restarts {
      if (cycles < 1) {
        throw new InvalidInputException(
            "a learning rate of " + cycles + " cycles, expected 1 or more");
      }
    }

    @Override
    public double at(long step, long perEpoch, long steps) {
      long cycle = steps > 0 ? Math.min(cycles - 1, ((step + 1) * cycles - 1) / steps) : 0;
      long begin = steps * cycle / cycles;
      return then.at(step - begin, perEpoch, steps * (cycle + 1) / cycles - begin);
    }
  }

  private static void check(double rate) {
    if (!(rate > 0 && Double.isFinite(rate))) {
      throw new InvalidInputException("a learning rate of " + rate + ", expected more than 0");
    }
  }
}
