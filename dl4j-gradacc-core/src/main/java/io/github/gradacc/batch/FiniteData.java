/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.batch;

import io.github.gradacc.array.Finiteness;
import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** The check that a batch holds no NaN and no infinity, for what would take them for a property of the network. */
@API(status = API.Status.INTERNAL)
public final class FiniteData {

    private FiniteData() {}

    /**
     * Checks all arrays of a batch.
     *
     * @param data the batch; any of its arrays may be missing
     * @param why what needs numbers: how the message begins
     * @param which batch it is, in the message
     * @throws IllegalArgumentException if an array holds NaN or infinity
     */
    public static void require(MultiDataSet data, String why, String which) {
        require(data.getFeatures(), why, which, "features");
        require(data.getLabels(), why, which, "labels");
        require(data.getFeaturesMaskArrays(), why, which, "features mask");
        require(data.getLabelsMaskArrays(), why, which, "labels mask");
    }

    private static void require(@Nullable INDArray @Nullable [] arrays, String why, String which, String name) {
        for (int i = 0; arrays != null && i < arrays.length; i++) {
            INDArray array = arrays[i];
            if (array != null && !Finiteness.allFinite(array)) {
                throw new IllegalArgumentException(why + ", but " + name + "[" + i + "] of " + which
                        + " holds NaN or infinity: take these examples out, or replace the values");
            }
        }
    }
}
