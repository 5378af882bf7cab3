/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.listen;

/** Where progress is shown. */
interface ProgressDisplay extends AutoCloseable {

    /** Shows where a training is after a step, if it is time to. */
    void show(Progress progress);

    /** Shows where a training is at the end of an epoch, for the last time in it. */
    void endEpoch(Progress progress);

    /** Ends what is being shown. */
    @Override
    void close();
}
