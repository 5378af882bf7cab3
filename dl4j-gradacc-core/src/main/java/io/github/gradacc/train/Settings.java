/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import java.util.List;

/**
 * The settings of a trainer.
 *
 * @param schedule batches per window
 * @param microBatchSize most examples per pass
 * @param partialWindow what becomes of a window that is not full at the end of an epoch
 * @param lossNormalization what a window's loss is divided by
 * @param onOutOfMemory what happens when memory does not suffice for a pass
 * @param gradientTransforms what its mean gradient goes through
 */
record Settings(
        AccumulationSchedule schedule,
        int microBatchSize,
        PartialWindow partialWindow,
        LossNormalization lossNormalization,
        OutOfMemoryPolicy onOutOfMemory,
        List<GradientTransform> gradientTransforms) {}
