/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.net;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** The check that a batch has a mask, or null, for every array or none at all. */
final class MaskCounts {

    private MaskCounts() {}

    static void require(MultiDataSet batch) {
        require("feature", batch.numFeatureArrays(), batch.getFeaturesMaskArrays());
        require("label", batch.numLabelsArrays(), batch.getLabelsMaskArrays());
    }

    private static void require(String what, int arrays, @Nullable INDArray @Nullable [] masks) {
        if (masks != null && masks.length != arrays) {
            throw new IllegalArgumentException(
                    "The batch has " + arrays + " " + what + " arrays and " + masks.length + " " + what
                            + " masks: give one mask for each array, null for an array without one, or no masks at all");
        }
    }
}
