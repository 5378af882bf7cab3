/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.net;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * One forward and one backward pass that is to be made, or nothing if the sequences of the micro-batch ended before the
 * time segment that the others are in.
 *
 * @param microBatch position of the micro-batch in its window, from 0
 * @param examples number of examples of the micro-batch
 * @param data the micro-batch, or a time segment of it, not copied, not changed; null if its sequences ended before
 * @param state where the micro-batch's sequences stopped in the segment before; the pass starts there and leaves there where
 *     it stops. Null unless the network trains by truncated BPTT
 * @param ownNumbers whether dropout and noise draw from a stream that belongs to this micro-batch of this step, rather than
 *     from the generator of the calling thread
 */
public record Pass(
        int microBatch,
        int examples,
        @Nullable MultiDataSet data,
        @Nullable RecurrentState state,
        boolean ownNumbers) {}
