/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.listen;

import io.github.gradacc.train.WindowListener;
import io.github.gradacc.train.WindowNorms;
import java.util.Optional;
import java.util.function.Consumer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Estimates the gradient noise scale, and from it the effective batch size that is worth its cost, from the gradients
 * that accumulation has anyway.
 *
 * <pre>
 *   for each window of k &gt;= 2 micro-batches, B examples in all:
 *       g_i := mean gradient of micro-batch i, of b_i examples;    g := mean gradient of the window
 *       S     := (sum_i b_i / B |g_i|^2  -  |g|^2) B / (k - 1)
 *       |G|^2 := |g|^2 - S / B
 *   noise scale := smoothed S / smoothed |G|^2
 * </pre>
 *
 * <p>From McCandlish, Kaplan, Amodei et al., <em>An Empirical Model of Large-Batch Training</em> (arXiv 1812.06162,
 * 2018), appendix A.1, where both batch sizes are fixed; here micro-batches may be uneven, and all of them count.
 * {@code docs/listeners.md} derives the formulas. Each estimate is unbiased if the examples of a window are independent
 * draws; their ratio is not, so each is smoothed by itself before they are divided, by an exponential average that is
 * corrected for its start. An estimate of |G|^2 that is negative enters the average as it is: leaving it out would
 * make the average too large.
 *
 * <p>Gradients are the raw ones of {@link WindowNorms}: before transforms, clipping and regularization, without frozen
 * layers and running statistics. With another {@code lossNormalization} than {@code EXAMPLES} the divisor of a window
 * is taken for a constant: its own noise is not part of the estimate. In truncated BPTT each step, on one time segment,
 * is an estimate. Where examples of a micro-batch are not computed independently (batch normalization), the estimate is
 * that of the gradients as they are.
 *
 * <p>Nothing to see in native training, nor in windows of one micro-batch: these are passed over, with a warning if
 * nothing came before. One listener for one network; estimates may be read by any thread.
 */
public final class GradientNoiseScaleListener extends BaseTrainingListener implements WindowListener {

    /** By default about the last hundred windows count. */
    public static final double DEFAULT_DECAY = 0.99;

    private static final Logger log = LoggerFactory.getLogger(GradientNoiseScaleListener.class);

    private final double decay;
    private final int every;
    private final Consumer<NoiseScale> report;
    private double noise;
    private double signal;
    private double weight;
    private long windows;
    private boolean warned;
    private volatile @Nullable NoiseScale latest;

    /** A listener that is asked by {@link #latest()}, with the default decay. */
    public GradientNoiseScaleListener() {
        this(DEFAULT_DECAY, 1, scale -> {});
    }

    /**
     * A listener that reports.
     *
     * @param decay by what the weight of a window shrinks with each further one, at least 0 and below 1: about
     *     {@code 1 / (1 - decay)} windows count
     * @param every after how many estimates to report, at least 1
     * @param report is given the estimate, on the thread that trains, before the step
     * @throws IllegalArgumentException if a number is outside its range, or {@code report} is null
     */
    public GradientNoiseScaleListener(double decay, int every, Consumer<NoiseScale> report) {
        if (!(decay >= 0 && decay < 1)) {
            throw new IllegalArgumentException("The decay must be at least 0 and below 1, got " + decay
                    + "; 0.99 averages about the last 100 windows");
        }
        if (every < 1) {
            throw new IllegalArgumentException("A report comes every 1 or more estimates, got " + every);
        }
        if (report == null) {
            throw new IllegalArgumentException(
                    "Somebody to report to is needed, got null; without parameters the listener waits to be asked");
        }
        this.decay = decay;
        this.every = every;
        this.report = report;
    }

    /** Returns the estimate from all windows so far; empty before the first of at least two micro-batches. */
    public Optional<NoiseScale> latest() {
        return Optional.ofNullable(latest);
    }

    @Override
    public void onWindow(Model model, WindowNorms window) {
        int k = window.microBatches().size();
        if (k < 2) {
            return;
        }
        double examples = window.examples();
        double squared = window.norm() * window.norm();
        double meanSquared = 0;
        for (WindowNorms.MicroBatch part : window.microBatches()) {
            meanSquared += part.examples() / examples * part.norm() * part.norm();
        }
        // It is sum_i b_i / B |g_i - g|^2, so only rounding makes it negative.
        double spread = Math.max(0, meanSquared - squared);
        double windowNoise = spread * examples / (k - 1);
        double windowSignal = squared - windowNoise / examples;
        if (Double.isFinite(windowNoise) && Double.isFinite(windowSignal)) {
            add(window.iteration(), windowNoise, windowSignal);
        }
    }

    private void add(int iteration, double windowNoise, double windowSignal) {
        noise = decay * noise + (1 - decay) * windowNoise;
        signal = decay * signal + (1 - decay) * windowSignal;
        weight = decay * weight + (1 - decay);
        windows++;
        NoiseScale scale = new NoiseScale(iteration, windows, noise / weight, signal / weight);
        latest = scale;
        if (windows % every == 0) {
            report.accept(scale);
        }
    }

    @Override
    public void iterationDone(Model model, int iteration, int epoch) {
        if (windows == 0 && !warned) {
            warned = true;
            log.warn(
                    "No gradient noise was seen in step {}: that takes windows of at least two micro-batches, computed"
                            + " by a GradientAccumulationTrainer with accumulationSteps or microBatchSize. This is said"
                            + " once",
                    iteration);
        }
    }
}
