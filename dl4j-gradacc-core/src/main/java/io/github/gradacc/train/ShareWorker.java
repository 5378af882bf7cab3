/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.array.RawArray;
import io.github.gradacc.batch.Batch;
import io.github.gradacc.batch.MicroBatches;
import io.github.gradacc.grad.GradientSum;
import io.github.gradacc.pass.LabelCounter;
import io.github.gradacc.pass.NetworkBlueprint;
import io.github.gradacc.pass.Pass;
import io.github.gradacc.pass.TrainedNetwork;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * Computes shares of windows for a network that is trained elsewhere, by a {@link SharedSteps}.
 *
 * <pre>
 *   parameters := those of the network
 *   for each micro-batch of the share:
 *       g := g + gradient of the loss, summed over its examples
 * </pre>
 *
 * <p>It has the network's configuration and parameters, and no updater. One thread makes all calls, or several that
 * take turns; the thread's ND4J workspaces then grow with each of them.
 */
@API(status = API.Status.INTERNAL)
public final class ShareWorker implements AutoCloseable {

    private final INDArray parameters;
    private final TrainedNetwork network;
    private final Cutting cutting;
    private final Optional<LabelCounter> counter;
    private final Failures failures;
    private final GradientSum g = new GradientSum();

    /**
     * Makes a network.
     *
     * @param blueprint its configuration
     * @param parameters shape [1, all parameters], copied
     * @param settings how shares are computed
     * @throws IllegalStateException if the configuration cannot be read here
     */
    public ShareWorker(NetworkBlueprint blueprint, RawArray parameters, ShareSettings settings) {
        this.parameters = parameters.toArray();
        network = TrainedNetwork.forPasses(blueprint, this.parameters, settings.statistics(), settings.parallelism());
        cutting = new Cutting(settings.microBatchSize(), new FittingSize(), network);
        counter = settings.lossNormalization().divisor().map(network::labelCounter);
        failures = new Failures(network);
    }

    /**
     * Goes to where the network is that is trained.
     *
     * @param now its parameters, copied
     * @param task the step that it is to take
     */
    public void follow(RawArray now, ShareTask task) {
        now.copyTo(parameters);
        network.follow(task.iteration(), task.epoch());
    }

    /**
     * Checks a batch and counts it. Makes no pass.
     *
     * @throws IllegalArgumentException if the batch is incomplete, empty or does not fit the network
     */
    public ShareCount count(@Nullable MultiDataSet data) {
        Batch batch = check(data);
        List<Double> labels = counter.map(present ->
                        Arrays.stream(present.count(batch.data())).boxed().toList())
                .orElse(List.of());
        return new ShareCount(cutting.sizes(batch).size(), batch.examples(), labels);
    }

    /**
     * Returns the first example of a batch, a view.
     *
     * @param data a batch that was counted
     */
    public MultiDataSet firstExample(MultiDataSet data) {
        return MicroBatches.of(check(data), 1).iterator().next().data();
    }

    /** Returns what measures the network at the parameters that it {@link #follow follows}. */
    public ShareInference inference() {
        return new ShareInference(network, cutting);
    }

    private Batch check(@Nullable MultiDataSet data) {
        Batch batch = Batch.of(data, network.labelRows());
        network.requireArrays(batch.data());
        counter.ifPresent(present -> present.requireLabelsMasks(batch.data()));
        return batch;
    }

    /**
     * Computes a share at the parameters that it {@link #follow follows}.
     *
     * @param partition number of the share, for messages
     * @param firstBatch position in the partition of its first batch, for messages
     * @param firstMicroBatch position in the window of its first micro-batch: random streams depend on it
     * @param data its batches, asked for one at a time
     * @param task the step
     * @throws Error if one ends it, such as one for want of memory
     */
    public ShareOutcome sum(
            int partition, int firstBatch, int firstMicroBatch, Iterator<MultiDataSet> data, ShareTask task) {
        g.clear();
        g.measureNorms(task.measuresNorms());
        Passes passes = new Passes(data, firstMicroBatch, task.lossFactors());
        Optional<ShareFailure> failure = Optional.empty();
        try {
            failures.translating(() -> {
                network.accumulate(passes, g);
                g.settle();
                return g;
            });
        } catch (MicroBatchException e) {
            failure = Optional.of(ShareFailure.failedPass(partition, firstBatch + passes.batchOf(e.microBatch()), e));
        } catch (NonFiniteGradientException e) {
            failure = Optional.of(ShareFailure.notFinite(partition, firstBatch + passes.batchOf(e.microBatch()), e));
        } finally {
            network.discard();
            network.clearLayers();
        }
        if (failure.isPresent()) {
            g.clear();
        }
        return new ShareOutcome(g.state(), failure);
    }

    private Iterator<Batch> cut(Batch batch) {
        List<Batch> parts = new ArrayList<>();
        int from = 0;
        for (int size : cutting.sizes(batch)) {
            parts.add(MicroBatches.part(batch, from, from + size));
            from += size;
        }
        return parts.iterator();
    }

    /** Ends threads and frees the memory of the sum. */
    @Override
    public void close() {
        g.close();
        network.close();
    }

    /** Cuts batches into micro-batches when they are asked for. */
    private final class Passes implements Iterator<Pass> {

        private final Iterator<MultiDataSet> data;
        private final List<Double> lossFactors;
        private final FirstPositions firstPositions = new FirstPositions();
        private Iterator<Batch> microBatches = List.<Batch>of().iterator();
        private int next;

        Passes(Iterator<MultiDataSet> data, int first, List<Double> lossFactors) {
            this.data = data;
            this.lossFactors = lossFactors;
            next = first;
        }

        int batchOf(int microBatch) {
            return firstPositions.batchOf(microBatch);
        }

        @Override
        public boolean hasNext() {
            return microBatches.hasNext() || data.hasNext();
        }

        @Override
        public Pass next() {
            if (!microBatches.hasNext()) {
                Batch batch = check(data.next());
                firstPositions.add(next);
                microBatches = cut(batch);
            }
            Batch microBatch = microBatches.next();
            return new Pass(
                    next++, microBatch.examples(), Optional.of(microBatch.data()), Optional.empty(), true, lossFactors);
        }
    }
}
