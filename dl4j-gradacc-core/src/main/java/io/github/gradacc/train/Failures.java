/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.array.MemoryShortage;
import io.github.gradacc.grad.GradientSum;
import io.github.gradacc.grad.LeftOut;
import io.github.gradacc.grad.NotFiniteException;
import io.github.gradacc.pass.Pass;
import io.github.gradacc.pass.PassException;
import io.github.gradacc.pass.TrainedNetwork;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** What the user is told when a step is not taken. */
final class Failures {

    private final TrainedNetwork network;

    Failures(TrainedNetwork network) {
        this.network = network;
    }

    /**
     * Trains, and says in the trainer's words why the passes of a window ended early.
     *
     * @throws Error if one ended them: it reaches the caller as it is, with the exception suppressed in it
     */
    <T> T translating(Supplier<T> training) {
        try {
            return training.get();
        } catch (PassException e) {
            throw switch (e.reason()) {
                case FAILED -> failed(e);
                case INTERRUPTED -> interrupted(e.pass().microBatch());
            };
        } catch (NotFiniteException e) {
            throw notFinite(e);
        }
    }

    NonFiniteGradientException notFinite(NotFiniteException bad) {
        double score = network.score(bad.score(), 1);
        return nonFinite(
                "The gradient of " + place(bad.microBatch()) + " holds NaN or infinity (score " + score + ")",
                bad.microBatch(),
                score);
    }

    /** Refuses a sum from which every gradient was left out. */
    void requireSome(GradientSum sum, List<LeftOut> leftOut) {
        if (sum.isEmpty() && !leftOut.isEmpty()) {
            LeftOut first = leftOut.get(0);
            throw nonFinite(
                    "No gradient of the window is finite, that of " + place(first.microBatch()) + " the first (score "
                            + first.score() + ")",
                    first.microBatch(),
                    first.score());
        }
    }

    /** One window too many was dropped. */
    NonFiniteGradientException tooMany(NonFiniteGradientException last, int mostInARow) {
        return new NonFiniteGradientException(
                last.iteration(),
                last.microBatch(),
                last.score(),
                "More windows in a row than " + mostInARow + " have gradients that are not finite: nonFinite(policy,"
                        + " mostInARow) drops no more of them. Of the last one: " + last.getMessage());
    }

    /** Ends training before a micro-batch if the thread was interrupted; its status stays. */
    void stopIfInterrupted(int microBatch) {
        if (Thread.currentThread().isInterrupted()) {
            throw interrupted(microBatch);
        }
    }

    /**
     * Refuses a sum that is not finite. A gradient that is the whole sum was checked when it was computed.
     *
     * @param gradient the array into which the sum was written
     * @param factor by which it was multiplied
     */
    void requireFinite(GradientSum sum, INDArray gradient, double factor) {
        if ((sum.microBatches() > 1 || factor != 1) && !sum.isFinite(gradient)) {
            throw nonFinite(
                    "The sum of " + sum.microBatches()
                            + " finite gradients is not finite (a network in HALF holds sums up to"
                            + " 65504: use smaller windows or FLOAT)",
                    sum.microBatches() - 1,
                    network.score(sum.score(), 1));
        }
    }

    private MicroBatchException failed(PassException failure) {
        Throwable cause = failure.getCause();
        if (cause instanceof Error error) {
            error.addSuppressed(failed(failure.pass(), "", null));
            throw error;
        }
        String hint = ": " + failure.explanation()
                + (MemoryShortage.isReasonOf(failure)
                        ? "; memory did not suffice for " + failure.pass().examples()
                                + " examples at a time: set microBatchSize, or onOutOfMemory(OutOfMemoryPolicy.HALVE)"
                        : "; check shapes and data types against the network's first and last layer")
                + (isInSameDiff(failure) ? sameDiffAdvice() : "");
        return failed(failure.pass(), hint, cause);
    }

    private MicroBatchException failed(Pass pass, String hint, @Nullable Throwable cause) {
        String message = "The pass over " + place(pass.microBatch()) + " failed (" + shapes(pass) + ")" + hint
                + ". The step is not taken and the window is discarded";
        return new MicroBatchException(network.iteration(), pass.microBatch(), message, cause);
    }

    private TrainingInterruptedException interrupted(int microBatch) {
        return new TrainingInterruptedException("Training was interrupted before " + place(microBatch)
                + "; the network is as after its last step, the open window is discarded");
    }

    private NonFiniteGradientException nonFinite(String what, int microBatch, double score) {
        return new NonFiniteGradientException(
                network.iteration(),
                microBatch,
                score,
                what + ". Step " + network.iteration()
                        + " is not taken and its window discarded; the network is as after its last step. "
                        + advice(score)
                        + sameDiffAdvice());
    }

    private String advice(double score) {
        if (network.hasFiniteParameters()) {
            return "Look for NaN in the data, too large a learning rate or a loss that overflows"
                    + (score == Double.POSITIVE_INFINITY && network.hasLossCtc()
                            ? "; the score of LossCtc is infinite where a target does not fit into the time steps of"
                                    + " its sequence, and withZeroInfinity(true) leaves such targets out"
                            : "");
        }
        return "Its parameters hold NaN or infinity already, from an earlier step (too large a learning rate, an"
                + " updater with an epsilon of 0) or from where they came: go back to a saved network";
    }

    private static boolean isInSameDiff(PassException failure) {
        return Stream.<Throwable>iterate(failure, Objects::nonNull, Throwable::getCause)
                .flatMap(cause -> Arrays.stream(cause.getStackTrace()))
                .anyMatch(frame -> frame.getClassName().startsWith("org.nd4j.autodiff.samediff"));
    }

    /** What DL4J loses is garbage: an exception in one network, NaN in the other. */
    private String sameDiffAdvice() {
        return network.hasSameDiffVertex()
                ? ". A vertex of the network is written in SameDiff: if the network was trained by fit before it came"
                        + " to this trainer, DL4J 1.0.0-M2.1 has lost the constants of that vertex's gradient. Build it"
                        + " anew with the same parameters, or set both trainingWorkspaceMode and"
                        + " inferenceWorkspaceMode to WorkspaceMode.NONE from the start"
                : "";
    }

    private String place(int microBatch) {
        return "micro-batch " + microBatch + " of step " + network.iteration();
    }

    private static String shapes(Pass pass) {
        return pass.data().map(Failures::shapes).orElse("no data");
    }

    private static String shapes(MultiDataSet data) {
        return "features " + Arrays.toString(data.getFeatures(0).shape()) + ", labels "
                + Arrays.toString(data.getLabels(0).shape());
    }
}
