/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import io.github.gradacc.grad.MicroGradient;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/**
 * The forward and backward pass of one micro-batch, for JDK Flight Recorder. Its duration is that of the pass, not of
 * adding its gradient to the sum. A pass that fails leaves no event, nor do sequences that have ended, which need none.
 */
@Name("io.github.gradacc.MicroBatch")
@Label("Micro-Batch")
@Category("Gradient Accumulation")
@Description("Forward and backward pass of one micro-batch")
@StackTrace(false)
final class MicroBatchEvent extends Event {

    @Label("Iteration")
    @Description("Number of the optimizer step that the pass is for, from 0")
    int iteration;

    @Label("Micro-Batch")
    @Description("Position of the micro-batch in its window, from 0")
    int microBatch;

    @Label("Worker")
    @Description("0 for the calling thread, which goes through the network itself; from 1 for those with a replica")
    int worker;

    @Label("Examples")
    int examples;

    @Label("Score")
    @Description("Score of the micro-batch, without regularization")
    double score;

    @Label("Gradient Norm")
    @Description("2-norm of the gradient, averaged over the examples of the micro-batch")
    double gradientNorm;

    /** Computes the norm, after the duration has been taken. */
    void describe(int step, Pass pass, int number, MicroGradient gradient) {
        iteration = step;
        microBatch = pass.microBatch();
        worker = number;
        examples = gradient.examples();
        score = gradient.score();
        gradientNorm = gradient.layout().norm(gradient.flat()) / pass.lossScale() / gradient.examples();
    }
}
