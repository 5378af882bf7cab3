/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.batch.Batch;
import io.github.gradacc.batch.MicroBatches;
import io.github.gradacc.pass.TrainedNetwork;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Decides into which micro-batches a batch is cut. */
final class Cutting {

    private static final Logger log = LoggerFactory.getLogger(Cutting.class);

    private final int microBatchSize;
    private final FittingSize fitting;
    private final TrainedNetwork network;
    private final boolean hasSameDiffVertex;
    private final Map<List<Object>, Boolean> misreads = new HashMap<>();
    private final Once masks = new Once();
    private final Once loneExamples = new Once();

    /** @throws IllegalStateException if batches are to be cut and cannot be */
    Cutting(int microBatchSize, FittingSize fitting, TrainedNetwork network) {
        if (microBatchSize != MicroBatches.WHOLE && network.takesStackedInputs()) {
            throw new IllegalStateException(
                    "An UnstackVertex takes the network's inputs apart, so the rows of one example are spread over its"
                            + " batch, which cannot be cut: leave out microBatchSize and accumulate whole batches, or"
                            + " give the network several inputs and join them with a StackVertex");
        }
        this.microBatchSize = microBatchSize;
        this.fitting = fitting;
        this.network = network;
        hasSameDiffVertex = network.hasSameDiffVertex();
    }

    /** Tells whether batches can be cut at all. */
    boolean isPossible() {
        return !network.takesStackedInputs();
    }

    /**
     * Returns the sizes of the micro-batches of a batch, or of a part of one, in their order. Sizes that DL4J computes
     * wrongly are avoided; where that is not possible, there is a warning.
     */
    List<Integer> sizes(Batch batch) {
        IntPredicate misread = size ->
                misreads.computeIfAbsent(key(batch, size), unknown -> network.misreadsMasks(batch.data(), size));
        IntPredicate isLone = size -> size == 1 && hasSameDiffVertex;
        MicroBatches cut =
                MicroBatches.of(batch, Math.min(microBatchSize, fitting.size())).avoiding(misread.or(isLone));
        if (cut.sizes().anyMatch(misread)) {
            masks.warn(
                    "DL4J 1.0.0-M2.1 misreads the masks of a batch whose number of examples is the height of the output"
                            + " of a convolution or pooling layer: so for this network with a micro-batch of size {},"
                            + " also in native training. Its gradient is wrong. Use batches, or a microBatchSize, of"
                            + " another size. This is said once",
                    cut.sizes().filter(misread).findFirst().orElseThrow());
        }
        if (cut.count() > 1 && cut.sizes().anyMatch(isLone)) {
            loneExamples.warn(
                    "In a vertex written in SameDiff the gradient of some operations, such as a division by a sum, is"
                            + " wrong in DL4J 1.0.0-M2.1 for a batch of {} example, and batches are cut into such"
                            + " micro-batches. Use a microBatchSize that leaves no single example. This is said once",
                    1);
        }
        return cut.allSizes();
    }

    /** Only the shapes of masks matter, and so each is tried once. */
    private static List<Object> key(Batch batch, int size) {
        List<Object> key = new ArrayList<>(List.of(size));
        @Nullable INDArray[] masks = batch.data().getFeaturesMaskArrays();
        for (INDArray mask : masks == null ? new INDArray[0] : masks) {
            key.add(
                    mask == null
                            ? List.of()
                            : LongStream.of(mask.shape()).skip(1).boxed().toList());
        }
        return key;
    }

    /** A warning that is given once. */
    private static final class Once {
        private boolean said;

        void warn(String message, int number) {
            if (!said) {
                said = true;
                log.warn(message, number);
            }
        }
    }
}
