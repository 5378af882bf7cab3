/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import io.github.gradacc.dl4j.LayerView;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Warns once when a normalizing layer takes mean and variance from so few values that the estimates are mostly noise.
 * Only micro-batches of a window of several are checked: otherwise native training would do the same.
 */
final class SmallSamples {

    /** With n values the standard error of a variance is its sqrt(2 / (n - 1))-fold: 53 % for n = 8. */
    private static final double ENOUGH = 8;

    private static final Logger log = LoggerFactory.getLogger(SmallSamples.class);

    private final AtomicBoolean isSaid;

    private SmallSamples(boolean isSaid) {
        this.isSaid = new AtomicBoolean(isSaid);
    }

    static SmallSamples warning() {
        return new SmallSamples(false);
    }

    /** For those who make small micro-batches on purpose. */
    static SmallSamples ignoring() {
        return new SmallSamples(true);
    }

    void check(LayerView layer, Pass pass, double valuesPerChannel) {
        if (valuesPerChannel < ENOUGH && pass.ownRandomStream() && isSaid.compareAndSet(false, true)) {
            long needed = (long) Math.ceil(ENOUGH * pass.examples() / valuesPerChannel);
            log.warn(
                    "Layer '{}', a {}, normalizes micro-batch {}, of {} examples, by the mean and variance of {} values"
                            + " per channel: such estimates are mostly noise, and training differs from that on the big"
                            + " batch accordingly. Let it see at least {} examples: give larger batches where they are"
                            + " not cut; where they are, cut them into fewer pieces, all of them large enough (22"
                            + " examples in micro-batches of at most 8 are 8 + 7 + 7, with microBatchSize(11) they are"
                            + " 11 + 11); or freeze the layer. This is said once",
                    layer.name(),
                    layer.type(),
                    pass.microBatch(),
                    pass.examples(),
                    String.format(Locale.ROOT, "%.0f", valuesPerChannel),
                    needed);
        }
    }
}
