/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.batch.MicroBatches;
import java.util.List;
import java.util.Map;

/**
 * The settings of a trainer.
 *
 * @param schedule batches per window
 * @param microBatchSize most examples per pass
 * @param partialWindow what becomes of a window that is not full at the end of an epoch
 * @param lossNormalization what a window's loss is divided by
 * @param onOutOfMemory what happens when memory does not suffice for a pass
 * @param gradientTransforms what its mean gradient goes through
 * @param nonFinite what happens to gradients that are not finite
 * @param mostInARow how many windows in a row may be dropped for them
 * @param lossScaling by what gradients are multiplied on their way
 * @param stepFilter may veto steps
 * @param filters whether that was set, so that it needs the norm of gradients
 */
record Settings(
        AccumulationSchedule schedule,
        int microBatchSize,
        PartialWindow partialWindow,
        LossNormalization lossNormalization,
        OutOfMemoryPolicy onOutOfMemory,
        List<GradientTransform> gradientTransforms,
        NonFinitePolicy nonFinite,
        int mostInARow,
        LossScaling lossScaling,
        StepFilter stepFilter,
        boolean filters) {

    /** Returns the settings in words, by which those who go on with a training are known to have the same. */
    Map<String, String> described() {
        return Map.of(
                "accumulation",
                Described.of(schedule),
                "microBatchSize",
                microBatchSize == MicroBatches.WHOLE ? "whole batches" : "" + microBatchSize,
                "partialWindow",
                partialWindow.name(),
                "lossNormalization",
                lossNormalization.name(),
                "gradientTransforms",
                gradientTransforms.stream().map(Described::of).toList().toString(),
                "nonFinite",
                nonFinite == NonFinitePolicy.REFUSE
                        ? nonFinite.name()
                        : nonFinite + ", at most " + mostInARow + " in a row",
                "onOutOfMemory",
                onOutOfMemory.name(),
                "lossScaling",
                lossScaling.scales() ? Described.of(lossScaling) : "none",
                "stepFilter",
                filters ? Described.of(stepFilter) : "none");
    }
}
