/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

/**
 * One reason why accumulating micro-batches of a network differs from its big batch.
 *
 * @param layer name of the layer or vertex, or its index where it has no name
 * @param cause the kind of reason
 * @param subject simple name of the class that is the reason
 * @param reason what happens and what to do, in a sentence or two
 */
public record ExactnessFinding(String layer, Cause cause, String subject, String reason) {

    /** The kinds of reasons. */
    public enum Cause {
        /** A forward pass uses statistics of the micro-batch it sees. */
        BATCH_STATISTICS,

        /** A loss is not a sum over examples. */
        BATCH_LOSS,

        /** Random numbers are drawn: equal in distribution, not in value. */
        NOISE,

        /** The shape of a vertex fits batches of one size only. */
        FIXED_BATCH,

        /** There is no loss to train on, with or without accumulation. */
        NOT_TRAINABLE,

        /** Code that was not examined, that of others for example: it may or may not be a sum over examples. */
        UNKNOWN_CODE
    }

    @Override
    public String toString() {
        return "layer " + layer + ": " + subject + " [" + cause + "] " + reason;
    }
}
