/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.grad.GradientSum;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The scale of a training, as it is now. Constant while a window is open. */
final class LossScale implements Remembering {

    private static final Logger log = LoggerFactory.getLogger(LossScale.class);

    /** At this scale no overflow comes from scaling: what is left of a gradient is its smallest 16-bit numbers. */
    private static final double LEAST = 0x1p-24;

    /** A share of gradients that is worth a warning if the updater sees 0 in their place. */
    private static final double LOST = 0.1;

    private final LossScaling scaling;
    private final Doublings measurements = new Doublings();
    private double now;
    private int goodSteps;
    private boolean warned;

    LossScale(LossScaling scaling) {
        this.scaling = scaling;
        now = scaling.initialScale();
    }

    @Override
    public List<Double> memory() {
        return List.of(now, (double) goodSteps);
    }

    @Override
    public void recall(List<Double> memory) {
        now = memory.get(0);
        goodSteps = memory.get(1).intValue();
    }

    double now() {
        return now;
    }

    /** Tells whether a gradient that is not finite may be so since it is scaled: the forward pass is not. */
    boolean isToBlame(double score) {
        return scaling.isDynamic() && now > LEAST && Double.isFinite(score);
    }

    /** A gradient overflowed. */
    void backOff() {
        goodSteps = 0;
        now = Math.max(LEAST, now * scaling.backoffFactor());
    }

    /** A step was taken. */
    void stepped() {
        goodSteps++;
        if (scaling.isDynamic() && goodSteps >= scaling.growthInterval()) {
            goodSteps = 0;
            now = Math.min(LossScaling.MOST, now * scaling.growthFactor());
        }
    }

    /** Warns once if much of what scaling saved is lost again in the network's own gradient array. */
    void measure(GradientSum sum, INDArray gradient) {
        if (!warned && scaling.scales() && measurements.isNext()) {
            double lost = sum.underflow(gradient);
            if (lost > LOST) {
                warned = true;
                log.warn(
                        "{} % of the summed gradients that are not 0 are too small for the network's {} gradient array,"
                                + " so its updater sees 0 there: lossScaling saves them on their way only. Use windows"
                                + " of more examples, or a network in FLOAT. This is said once",
                        Math.round(100 * lost), gradient.dataType());
            }
        }
    }
}
