/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

/** What is kept of how far a training has come, if anything is. */
interface Progress extends AutoCloseable {

    /**
     * Returns where to begin, the network being there.
     *
     * @param data what the data is known by
     */
    Place begin(String data);

    /**
     * A step was taken, or an epoch ended, or training is about to begin.
     *
     * @param now where training is
     * @throws io.github.gradacc.train.TrainingInterruptedException if it was asked to end
     */
    void reached(Place now);

    /** Training has ended. */
    void ended(Place now);

    /**
     * Something was thrown between two places.
     *
     * @throws io.github.gradacc.train.TrainingInterruptedException if that was since training was asked to end
     */
    void failed(Exception failure);

    @Override
    void close();
}
