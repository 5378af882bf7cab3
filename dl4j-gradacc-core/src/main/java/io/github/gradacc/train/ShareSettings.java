/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.grad.StatisticsPolicy;
import java.io.Serializable;
import org.apiguardian.api.API;

/**
 * How the shares of a window are computed: the settings of a trainer that those need who compute them.
 *
 * @param microBatchSize most examples per pass
 * @param parallelism passes side by side, at least 1
 * @param batchNormStatistics what normalizing layers do with the window
 * @param lossNormalization what the window's loss is divided by
 */
@API(status = API.Status.INTERNAL)
public record ShareSettings(
        int microBatchSize,
        int parallelism,
        BatchNormStatistics batchNormStatistics,
        LossNormalization lossNormalization)
        implements Serializable {

    /** Returns what that means for the sum. */
    public StatisticsPolicy statistics() {
        return batchNormStatistics.policy();
    }
}
