/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.batch;

import org.apiguardian.api.API;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** Is told of the batches of an epoch as they are taken, on the thread that takes them. */
@API(status = API.Status.INTERNAL)
public interface BatchWatch {

    /** Watches nothing. */
    BatchWatch NONE = new BatchWatch() {

        @Override
        public void between() {}

        @Override
        public void taken(MultiDataSet batch) {}
    };

    /** All batches taken so far were used, and nobody has asked for the next one. What it throws ends the epoch. */
    void between();

    /**
     * A batch was taken.
     *
     * @param batch not copied; good until the next one is taken
     */
    void taken(MultiDataSet batch);
}
