/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.checkpoint;

/**
 * An iterator that can be put to any batch of any epoch at once. When a training is resumed by
 * {@link CheckpointedTraining}, iterators that implement this are asked to; others are reset once for each epoch and
 * read up to the batch, which gives the same batches if their order depends on nothing but the number of resets.
 */
@FunctionalInterface
public interface Seekable {

    /**
     * Makes a batch the next one. The batches from there on, and in the epochs that follow after a {@code reset()},
     * must be the ones that come there in a training that runs through.
     *
     * @param epoch the epoch, from 0 at the start of the training
     * @param batch the batch in the epoch, from 0; as large as their number is the end of the epoch, where
     *     {@code hasNext()} is false
     */
    void seek(int epoch, long batch);
}
