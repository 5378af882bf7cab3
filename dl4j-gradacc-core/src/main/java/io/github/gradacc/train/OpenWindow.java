/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.grad.LeftOut;
import java.util.List;
import java.util.Optional;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * What a {@link Window} holds between two batches, so that another one can go on with it. There are no recurrent
 * states: truncated BPTT makes its passes when the window is full.
 *
 * @param size number of batches it takes
 * @param batches number of batches it has; 0 if it is not open
 * @param passesMade number of passes that were made
 * @param keepsData whether someone will look at its data as a whole
 * @param ownRandomStreams whether micro-batches draw from streams of their own
 * @param waiting the micro-batches whose passes wait
 * @param batchesWaiting number of batches of which any wait
 * @param data the batches that were kept, among them, at the end, those that wait
 * @param last the batch that came last, as far as it is known
 * @param divisors what was counted in the labels
 * @param examples number of examples of all batches
 * @param cuts of each batch, its micro-batches
 * @param leftOut micro-batches that are left out
 * @param toldOf how many of these were told of
 * @param spoiledBy why it was given up, if it was
 */
record OpenWindow(
        int size,
        int batches,
        int passesMade,
        boolean keepsData,
        boolean ownRandomStreams,
        List<Piece> waiting,
        int batchesWaiting,
        List<MultiDataSet> data,
        Optional<MultiDataSet> last,
        List<WindowDivisors.Part> divisors,
        long examples,
        List<List<Piece>> cuts,
        List<LeftOut> leftOut,
        int toldOf,
        Optional<SkippedStep> spoiledBy) {}
