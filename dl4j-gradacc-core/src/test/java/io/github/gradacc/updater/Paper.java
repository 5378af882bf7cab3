/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import java.util.function.IntToDoubleFunction;

/** An algorithm for one parameter, as its paper writes it: plain numbers, a loop body. */
interface Paper {

    /**
     * Returns the parameter after a step.
     *
     * @param p the parameter
     * @param g its gradient
     * @param t the number of the step, from 1
     */
    double step(double p, double g, int t);

    /** Riedmiller and Braun 1993, without taking steps back, and torch's page on {@code Rprop}. */
    final class OfRprop implements Paper {
        private final double etaMinus;
        private final double etaPlus;
        private final double min;
        private final double max;
        private double size;
        private double before;

        OfRprop(double rate, double etaMinus, double etaPlus, double min, double max) {
            this.etaMinus = etaMinus;
            this.etaPlus = etaPlus;
            this.min = min;
            this.max = max;
            size = rate;
        }

        @Override
        public double step(double p, double g, int t) {
            double now = g;
            if (before * now > 0) {
                size = Math.min(size * etaPlus, max);
            } else if (before * now < 0) {
                size = Math.max(size * etaMinus, min);
                now = 0;
            }
            before = now;
            return now > 0 ? p - size : now < 0 ? p + size : p;
        }
    }

    /** torch's page on {@code ASGD}, parameters only; the average is a mean that the test takes. */
    record OfAveragedSgd(double rate, double lambd, double alpha, double decay) implements Paper {
        @Override
        public double step(double p, double g, int t) {
            double eta = t == 1 ? rate : rate / Math.pow(1 + lambd * rate * (t - 1), alpha);
            return p * (1 - lambd * eta) - eta * (g + decay * p);
        }
    }

    /** Liu et al. 2020, algorithm 2, with eps and the threshold that its authors' program and torch have. */
    final class OfRAdam implements Paper {
        private final double rate;
        private final double beta1;
        private final double beta2;
        private final double eps;
        private final double threshold;
        private double m;
        private double v;

        OfRAdam(double rate, double beta1, double beta2, double eps, double threshold) {
            this.rate = rate;
            this.beta1 = beta1;
            this.beta2 = beta2;
            this.eps = eps;
            this.threshold = threshold;
        }

        @Override
        public double step(double p, double g, int t) {
            double rhoInfinity = 2 / (1 - beta2) - 1;
            v = beta2 * v + (1 - beta2) * g * g;
            m = beta1 * m + (1 - beta1) * g;
            double mHat = m / (1 - Math.pow(beta1, t));
            double rho = rhoInfinity - 2 * t * Math.pow(beta2, t) / (1 - Math.pow(beta2, t));
            if (rho <= threshold) {
                return p - rate * mHat;
            }
            double l = Math.sqrt(1 - Math.pow(beta2, t)) / (Math.sqrt(v) + eps);
            double r = Math.sqrt(((rho - 4) * (rho - 2) * rhoInfinity) / ((rhoInfinity - 4) * (rhoInfinity - 2) * rho));
            return p - rate * r * mHat * l;
        }
    }

    /** Chen et al. 2023, algorithm 2, with its decoupled weight decay. */
    final class OfLion implements Paper {
        private final double rate;
        private final double beta1;
        private final double beta2;
        private final double decay;
        private double m;

        OfLion(double rate, double beta1, double beta2, double decay) {
            this.rate = rate;
            this.beta1 = beta1;
            this.beta2 = beta2;
            this.decay = decay;
        }

        @Override
        public double step(double p, double g, int t) {
            double c = beta1 * m + (1 - beta1) * g;
            double next = p - rate * (Math.signum(c) + decay * p);
            m = beta2 * m + (1 - beta2) * g;
            return next;
        }
    }

    /** Zhuang et al. 2020, algorithm 2. */
    final class OfAdaBelief implements Paper {
        private final double rate;
        private final double beta1;
        private final double beta2;
        private final double eps;
        private double m;
        private double s;

        OfAdaBelief(double rate, double beta1, double beta2, double eps) {
            this.rate = rate;
            this.beta1 = beta1;
            this.beta2 = beta2;
            this.eps = eps;
        }

        @Override
        public double step(double p, double g, int t) {
            m = beta1 * m + (1 - beta1) * g;
            s = beta2 * s + (1 - beta2) * (g - m) * (g - m) + eps;
            double mHat = m / (1 - Math.pow(beta1, t));
            double sHat = s / (1 - Math.pow(beta2, t));
            return p - rate * mHat / (Math.sqrt(sHat) + eps);
        }
    }

    /** torch's page on {@code SGD}, with a learning rate for each step. */
    final class OfSgd implements Paper {
        private final IntToDoubleFunction rate;
        private final double momentum;
        private final double dampening;
        private final boolean nesterov;
        private double b;

        OfSgd(IntToDoubleFunction rate, double momentum, double dampening, boolean nesterov) {
            this.rate = rate;
            this.momentum = momentum;
            this.dampening = dampening;
            this.nesterov = nesterov;
        }

        @Override
        public double step(double p, double g, int t) {
            if (t > 1) {
                b = momentum * b + (1 - dampening) * g;
            } else {
                b = g;
            }
            return p - rate.applyAsDouble(t) * (nesterov ? g + momentum * b : b);
        }
    }

    /** torch's page on {@code Adam}. */
    final class OfAdam implements Paper {
        private final double rate;
        private final double beta1;
        private final double beta2;
        private final double eps;
        private final boolean amsgrad;
        private double m;
        private double v;
        private double largest;

        OfAdam(double rate, double beta1, double beta2, double eps, boolean amsgrad) {
            this.rate = rate;
            this.beta1 = beta1;
            this.beta2 = beta2;
            this.eps = eps;
            this.amsgrad = amsgrad;
        }

        @Override
        public double step(double p, double g, int t) {
            m = beta1 * m + (1 - beta1) * g;
            v = beta2 * v + (1 - beta2) * g * g;
            largest = Math.max(largest, v);
            double mHat = m / (1 - Math.pow(beta1, t));
            double vHat = (amsgrad ? largest : v) / (1 - Math.pow(beta2, t));
            return p - rate * mHat / (Math.sqrt(vHat) + eps);
        }
    }

    /** torch's page on {@code RMSprop}. */
    final class OfRmsProp implements Paper {
        private final double rate;
        private final double alpha;
        private final double eps;
        private final double momentum;
        private final boolean centered;
        private double v;
        private double mean;
        private double b;

        OfRmsProp(double rate, double alpha, double eps, double momentum, boolean centered) {
            this.rate = rate;
            this.alpha = alpha;
            this.eps = eps;
            this.momentum = momentum;
            this.centered = centered;
        }

        @Override
        public double step(double p, double g, int t) {
            v = alpha * v + (1 - alpha) * g * g;
            mean = alpha * mean + (1 - alpha) * g;
            b = momentum * b + g / (Math.sqrt(centered ? v - mean * mean : v) + eps);
            return p - rate * b;
        }
    }
}
