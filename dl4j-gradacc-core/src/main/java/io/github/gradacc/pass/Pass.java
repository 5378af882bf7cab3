/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import java.util.List;
import java.util.Optional;
import org.apiguardian.api.API;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * One forward and one backward pass that is to be made.
 *
 * @param microBatch position of the micro-batch in its window, from 0
 * @param examples number of examples of the micro-batch
 * @param data the micro-batch, or a time segment of it, not copied, not changed; empty if its sequences ended before
 *     the segment
 * @param state in truncated BPTT, where the sequences stopped in the segment before; the pass starts there, and stores
 *     where it stops
 * @param ownRandomStream whether dropout and noise draw from a stream that belongs to this micro-batch of this step,
 *     rather than from the generator of the calling thread
 * @param lossFactors by what the losses of the outputs are multiplied; none to leave them as they are
 * @param lossScale by what their gradients are multiplied once more, and their scores are not; 1 for nothing
 */
@API(status = API.Status.INTERNAL)
public record Pass(
        int microBatch,
        int examples,
        Optional<MultiDataSet> data,
        Optional<RecurrentState> state,
        boolean ownRandomStream,
        List<Double> lossFactors,
        double lossScale) {

    /** A pass without a scale. */
    public Pass(
            int microBatch,
            int examples,
            Optional<MultiDataSet> data,
            Optional<RecurrentState> state,
            boolean ownRandomStream,
            List<Double> lossFactors) {
        this(microBatch, examples, data, state, ownRandomStream, lossFactors, 1);
    }
}
