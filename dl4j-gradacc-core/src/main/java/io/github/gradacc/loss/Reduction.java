/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

/**
 * What becomes of the terms of one example, where a loss has a term for each output. DL4J then averages over the
 * examples of a batch.
 */
public enum Reduction {
    /** Their mean: DL4J's score of a batch is torch's {@code mean}, if no mask leaves anything out. */
    MEAN,
    /** Their sum: DL4J's score of a batch, times its examples, is torch's {@code sum}. */
    SUM;

    double divisor(long terms) {
        return this == MEAN ? terms : 1;
    }
}
