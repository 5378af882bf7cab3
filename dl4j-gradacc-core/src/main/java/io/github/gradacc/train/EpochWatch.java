/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import org.apiguardian.api.API;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** Is told of the batches of a {@link TrackedTraining}, on the thread that trains. */
@API(status = API.Status.INTERNAL)
public interface EpochWatch {

    /**
     * All batches taken so far were used, and the next one was not asked for. The training may be saved here. What this
     * throws ends it.
     */
    void between();

    /**
     * A batch was taken.
     *
     * @param batch not copied; good until the next one is taken
     */
    void taken(MultiDataSet batch);
}
