/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.earlystopping;

import org.deeplearning4j.earlystopping.termination.IterationTerminationCondition;

/** Holds when it is asked for the nth time since it was initialized. */
final class AtStep implements IterationTerminationCondition {

    private static final long serialVersionUID = 1L;

    private final int step;
    private int asked;

    /** Counts from 1. */
    AtStep(int step) {
        this.step = step;
    }

    @Override
    public void initialize() {
        asked = 0;
    }

    @Override
    public boolean terminate(double score) {
        asked++;
        return asked == step;
    }

    @Override
    public String toString() {
        return "AtStep(" + step + ")";
    }
}
