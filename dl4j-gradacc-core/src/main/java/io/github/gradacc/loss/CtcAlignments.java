/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import java.util.Arrays;

/**
 * All alignments of one target with T time steps, summed in log space by the forward-backward algorithm (Graves et al.
 * 2006, "Connectionist temporal classification: labelling unsegmented sequence data with recurrent neural networks",
 * section 4.1).
 *
 * <p>An alignment runs through the states 0 .. 2 L of a target of L tokens: blank, token, blank, ... blank. From one
 * time step to the next it stays, goes on by one state, or by two if it passes over a blank between two different
 * tokens.
 *
 * <pre>
 *   alpha[t][s] = log p[t][class(s)] + logsum(alpha[t-1][s], alpha[t-1][s-1], alpha[t-1][s-2] if allowed)
 *   beta[t][s]  = log p[t][class(s)] + logsum(beta[t+1][s],  beta[t+1][s+1],  beta[t+1][s+2]  if allowed)
 *   log P       = logsum(alpha[T-1][2 L], alpha[T-1][2 L - 1])
 *   log P(state s at time t) = alpha[t][s] + beta[t][s] - log p[t][class(s)] - log P
 * </pre>
 *
 * <p>Time and memory are T (2 L + 1).
 */
final class CtcAlignments {

    private static final double NEVER = Double.NEGATIVE_INFINITY;

    private final double[] logarithms;
    private final int[] rows;
    private final int[] classes;
    private final int states;
    private final double[] alpha;
    private final double logProbability;

    /**
     * Runs the forward pass.
     *
     * @param logarithms log-probabilities of all classes, row after row; not copied
     * @param rows where the row of each time step begins, at least one
     * @param target the tokens; not copied
     * @param blank the class that stands for no token
     */
    CtcAlignments(double[] logarithms, int[] rows, int[] target, int blank) {
        this.logarithms = logarithms;
        this.rows = rows;
        states = 2 * target.length + 1;
        classes = new int[states];
        for (int s = 0; s < states; s++) {
            classes[s] = s % 2 == 0 ? blank : target[s / 2];
        }
        alpha = new double[rows.length * states];
        logProbability = forward();
    }

    private double forward() {
        Arrays.fill(alpha, 0, states, NEVER);
        for (int s = 0; s < Math.min(2, states); s++) {
            alpha[s] = logarithms[rows[0] + classes[s]];
        }
        for (int t = 1; t < rows.length; t++) {
            int now = t * states;
            int before = now - states;
            for (int s = 0; s < states; s++) {
                alpha[now + s] = logarithms[rows[t] + classes[s]]
                        + logSum(
                                alpha[before + s],
                                s >= 1 ? alpha[before + s - 1] : NEVER,
                                skipsTo(s) ? alpha[before + s - 2] : NEVER);
            }
        }
        int end = alpha.length - 1;
        return logSum(alpha[end], states > 1 ? alpha[end - 1] : NEVER, NEVER);
    }

    /** The logarithm of the target's probability; minus infinity if there is no alignment. */
    double logProbability() {
        return logProbability;
    }

    /**
     * Subtracts the probability of each class at each time step, given the target.
     *
     * @param from one value for each class, in the same rows; changed
     * @param factor multiplies them
     */
    void subtractPosteriors(double[] from, double factor) {
        double[] beta = new double[states];
        double[] next = new double[states];
        for (int t = rows.length - 1; t >= 0; t--) {
            for (int s = 0; s < states; s++) {
                double later = t == rows.length - 1
                        ? (s >= states - 2 ? 0 : NEVER)
                        : logSum(
                                next[s],
                                s + 1 < states ? next[s + 1] : NEVER,
                                s + 2 < states && skipsTo(s + 2) ? next[s + 2] : NEVER);
                int position = rows[t] + classes[s];
                beta[s] = logarithms[position] + later;
                // A class of logarithm minus infinity is never passed; infinity minus itself would be NaN.
                double posterior = alpha[t * states + s] + later - logProbability;
                from[position] -= factor * Math.exp(posterior);
            }
            double[] free = next;
            next = beta;
            beta = free;
        }
    }

    private boolean skipsTo(int s) {
        return s >= 2 && s % 2 == 1 && classes[s] != classes[s - 2];
    }

    private static double logSum(double a, double b, double c) {
        double max = Math.max(a, Math.max(b, c));
        return max == NEVER ? NEVER : max + Math.log(Math.exp(a - max) + Math.exp(b - max) + Math.exp(c - max));
    }
}
