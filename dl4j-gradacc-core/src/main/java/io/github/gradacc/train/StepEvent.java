/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/**
 * One optimizer step, for JDK Flight Recorder. It begins when the first batch of its window has arrived, in truncated
 * BPTT with the passes over its segment, and ends when the listeners have been told.
 */
@Name("io.github.gradacc.Step")
@Label("Optimizer Step")
@Category("Gradient Accumulation")
@Description("One optimizer step with all micro-batches of its window")
@StackTrace(false)
final class StepEvent extends Event {

    @Label("Iteration")
    @Description("Number of the step, from 0")
    int iteration;

    @Label("Epoch")
    @Description("Number of epochs completed before the step")
    int epoch;

    @Label("Micro-Batches")
    int microBatches;

    @Label("Examples")
    long examples;

    @Label("Score")
    @Description("Score of the window before the step, regularization included")
    double score;

    @Label("Gradient Norm")
    @Description("2-norm of the mean gradient over the window's examples, before transforms")
    double gradientNorm;

    void describe(StepReport report) {
        iteration = report.iteration();
        epoch = report.epoch();
        microBatches = report.microBatches();
        examples = report.examples();
        score = report.score();
    }
}
