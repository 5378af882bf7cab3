/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.pass.LossDivisor;
import java.util.Optional;

/**
 * By what the summed loss of a window is divided, for each output of the network by itself. Gradient and score are
 * those of one big batch under this division, however the window is cut.
 *
 * <p>A position of labels is an example, or each of its time steps or pixels. It counts unless the labels' mask is 0
 * there. Regularization is never divided.
 */
public enum LossNormalization {
    /** The number of examples, masked or not: what DL4J divides by. */
    EXAMPLES,

    /**
     * The number of positions that are not masked: the mean over tokens. Where a mask has one element for each label, a
     * position counts as the share of its labels that are not masked.
     */
    UNMASKED,

    /**
     * The sum of the weights of the labels at positions that are not masked: torch's weighted mean of cross-entropy.
     * Ignored labels weigh 0. See {@link io.github.gradacc.loss.LabelWeights} for the losses that have weights; labels
     * of others weigh 1.
     */
    LABEL_WEIGHTS;

    /** Returns what is to be counted; nothing where DL4J's own division stays. */
    Optional<LossDivisor> divisor() {
        return switch (this) {
            case EXAMPLES -> Optional.empty();
            case UNMASKED -> Optional.of(LossDivisor.UNMASKED);
            case LABEL_WEIGHTS -> Optional.of(LossDivisor.LABEL_WEIGHTS);
        };
    }
}
