/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.batch.Batch;
import io.github.gradacc.batch.MicroBatches;
import io.github.gradacc.pass.TrainedNetwork;
import java.util.function.IntPredicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Decides into how many micro-batches a batch is cut. */
final class Cutting {

    private static final Logger log = LoggerFactory.getLogger(Cutting.class);

    private final int microBatchSize;
    private final TrainedNetwork network;
    private boolean warned;

    /** @throws IllegalStateException if batches are to be cut and cannot be */
    Cutting(int microBatchSize, TrainedNetwork network) {
        if (microBatchSize != MicroBatches.WHOLE && network.takesStackedInputs()) {
            throw new IllegalStateException(
                    "An UnstackVertex takes the network's inputs apart, so the rows of one example are spread over its"
                            + " batch, which cannot be cut: leave out microBatchSize and accumulate whole batches, or"
                            + " give the network several inputs and join them with a StackVertex");
        }
        this.microBatchSize = microBatchSize;
        this.network = network;
    }

    /** Sizes for which DL4J misreads the masks are avoided; where that is not possible, there is a warning. */
    int count(Batch batch) {
        IntPredicate misread = size -> network.misreadsMasks(batch.data(), size);
        MicroBatches cut = MicroBatches.of(batch, microBatchSize).avoiding(misread);
        if (!warned && cut.sizes().anyMatch(misread)) {
            warned = true;
            log.warn(
                    "DL4J 1.0.0-M2.1 misreads the masks of a batch whose number of examples is the height of the output"
                            + " of a convolution or pooling layer; that is so for {} of this network's examples, also"
                            + " in native training, and their gradient is wrong. Use batches, or a microBatchSize, of"
                            + " another size. This is said once",
                    cut.sizes().filter(misread).findFirst().orElseThrow());
        }
        return cut.count();
    }
}
