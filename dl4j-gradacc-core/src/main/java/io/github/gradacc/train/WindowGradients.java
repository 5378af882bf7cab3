/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.grad.MicroGradient;
import io.github.gradacc.net.GradientSink;
import io.github.gradacc.net.Network;
import io.github.gradacc.net.Pass;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** Adds the gradients of passes to a window, and says what to think of those that are none. */
final class WindowGradients implements GradientSink {

    private final Network network;
    private final Window window;

    WindowGradients(Network network, Window window) {
        this.network = network;
        this.window = window;
    }

    @Override
    public void beforePass(Pass pass) {
        stopIfInterrupted(pass.microBatch());
    }

    @Override
    public void check(Pass pass, MicroGradient gradient) {
        if (!gradient.isFinite()) {
            throw nonFinite(
                    "The gradient of " + place(pass.microBatch()) + " holds NaN or infinity, under a score of "
                            + gradient.score(),
                    pass.microBatch(),
                    gradient.score());
        }
    }

    @Override
    public RuntimeException failed(Pass pass, @Nullable Exception cause) {
        String hint = cause == null
                ? ""
                : ": " + cause.getMessage() + "; check the shapes against the network's first and last layer";
        String message = "The pass over " + place(pass.microBatch()) + " failed (" + shapes(pass.data()) + ")" + hint
                + ". The step is not taken and the window is discarded";
        return new MicroBatchException(network.iteration(), pass.microBatch(), message, cause);
    }

    @Override
    public void makeRoom() {
        window.sum().settle();
    }

    @Override
    public void take(MicroGradient gradient) {
        window.sum().add(gradient);
    }

    @Override
    public void takeEnded(int examples, double score) {
        window.sum().addZero(examples, score);
    }

    /** Ends training before a micro-batch if the thread was interrupted; its status stays. */
    void stopIfInterrupted(int microBatch) {
        if (Thread.currentThread().isInterrupted()) {
            throw new TrainingInterruptedException("Training was interrupted before " + place(microBatch)
                    + "; the network is as after its last step, the open window is discarded");
        }
    }

    /** Refuses a sum that is not finite; its parts were. */
    void requireFiniteSum(boolean isFinite) {
        if (!isFinite) {
            throw nonFinite(
                    "The sum of " + window.sum().microBatches()
                            + " finite gradients is not finite (a network in HALF holds sums up to"
                            + " 65504: use smaller windows or FLOAT)",
                    window.microBatches() - 1,
                    window.sum().meanScore() + window.sum().summedScore());
        }
    }

    private String place(int microBatch) {
        return "micro-batch " + microBatch + " of step " + network.iteration();
    }

    private NonFiniteGradientException nonFinite(String what, int microBatch, double score) {
        return new NonFiniteGradientException(
                network.iteration(),
                microBatch,
                score,
                what + ". Step " + network.iteration()
                        + " is refused and its window discarded; the network is as after its"
                        + " last step. Look for NaN in the data, too large a learning rate or a loss that overflows");
    }

    private static String shapes(@Nullable MultiDataSet data) {
        return data == null
                ? "no data"
                : "features " + Arrays.toString(data.getFeatures(0).shape()) + ", labels "
                        + Arrays.toString(data.getLabels(0).shape());
    }
}
