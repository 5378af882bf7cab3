/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.testing;

import java.util.function.Consumer;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;

/**
 * Cross entropy that calls back with its labels in the middle of each pass, on the thread that makes it. It has no
 * state of its own, so that it survives JSON; tests that use it do not run side by side.
 */
public final class WatchedLoss extends LossMCXENT {

    private static final long serialVersionUID = 1L;

    private static volatile Consumer<INDArray> watcher = labels -> {};

    public static void watch(Consumer<INDArray> next) {
        watcher = next;
    }

    private static volatile Consumer<INDArray> scoreWatcher = labels -> {};

    /** Calls back at the end of a pass, where DL4J does not turn errors into exceptions. */
    public static void watchScores(Consumer<INDArray> next) {
        scoreWatcher = next;
    }

    @Override
    public double computeScore(
            INDArray labels, INDArray preOutput, IActivation activation, INDArray mask, boolean average) {
        scoreWatcher.accept(labels);
        return super.computeScore(labels, preOutput, activation, mask, average);
    }

    @Override
    public INDArray computeGradient(INDArray labels, INDArray preOutput, IActivation activation, INDArray mask) {
        watcher.accept(labels);
        return super.computeGradient(labels, preOutput, activation, mask);
    }
}
