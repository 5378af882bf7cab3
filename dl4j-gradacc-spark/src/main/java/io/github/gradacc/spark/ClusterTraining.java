/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import io.github.gradacc.array.RawArray;
import io.github.gradacc.pass.NetworkBlueprint;
import io.github.gradacc.pass.TrainedNetwork;
import io.github.gradacc.train.ShareScore;
import io.github.gradacc.train.ShareSettings;
import io.github.gradacc.train.ShareTask;
import io.github.gradacc.train.SharedSteps;
import io.github.gradacc.train.SharedWindow;
import io.github.gradacc.train.StepReport;
import java.io.Serializable;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.broadcast.Broadcast;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What a trainer does with encoded batches: counts them, has gradients summed where they are, and takes steps. Callers
 * hold the network's monitor.
 */
final class ClusterTraining {

    private final Cluster cluster;
    private final TrainedNetwork network;
    private final ShareSettings settings;
    private final SharedSteps steps;
    private final NetworkBlueprint blueprint;
    private final String id;

    /**
     * Makes an instance.
     *
     * @param id by which workers are known that serve this training
     */
    ClusterTraining(Cluster cluster, TrainedNetwork network, ShareSettings settings, SharedSteps steps, String id) {
        this.cluster = cluster;
        this.network = network;
        this.settings = settings;
        this.steps = steps;
        this.id = id;
        blueprint = network.blueprint();
    }

    /** Takes one step on all batches. */
    StepReport step(StoredBatches batches) {
        Plan plan = plan(batches);
        return step(batches, plan.window(0, plan.batches()));
    }

    /**
     * Takes a step.
     *
     * @param planned which of the batches
     */
    StepReport step(StoredBatches batches, Plan.Window planned) {
        SharedWindow window = steps.open(planned.count());
        return withModel(model -> {
            INDArray parameters = network.model().params();
            int width = parameters.dataType() == DataType.DOUBLE ? DataType.DOUBLE.width() : DataType.FLOAT.width();
            Cluster.Shares shares =
                    cluster.sum(batches.rdd(), model, planned.parts(), window.task(), parameters.length(), width);
            return steps.step(window, shares.shares(), shares.failure());
        });
    }

    /**
     * Checks and counts batches.
     *
     * @throws IllegalArgumentException if one is refused, or there is none
     */
    Plan plan(StoredBatches batches) {
        List<PartitionCount> counts = withModel(model -> cluster.count(batches.rdd(), model));
        batches.computed();
        counts.stream()
                .map(PartitionCount::failure)
                .filter(Objects::nonNull)
                .findFirst()
                .ifPresent(failure -> {
                    throw failure.toException();
                });
        Plan plan = new Plan(counts);
        if (plan.batches() == 0) {
            throw new IllegalArgumentException("The RDD has no batch in any of its " + counts.size()
                    + " partitions: there is nothing to train on");
        }
        showExample(counts);
        return plan;
    }

    private void showExample(List<PartitionCount> counts) {
        if (steps.needsExample()) {
            counts.stream()
                    .map(PartitionCount::example)
                    .filter(Objects::nonNull)
                    .findFirst()
                    .map(example -> EncodedBatch.decode(example.bytes()))
                    .ifPresent(steps::showExample);
        }
    }

    /** Returns the score of all examples as one batch, regularization included. */
    ShareScore score(JavaRDD<byte[]> encoded) {
        return required(measure(encoded, new ScoreGauge(), ShareScore.class), encoded);
    }

    /** Measures, and returns nothing if there is no batch. */
    <R extends Serializable> Optional<R> measure(JavaRDD<byte[]> encoded, Measure.Gauge<R> gauge, Class<R> type) {
        ShareTask task = new ShareTask(network.iteration(), network.epoch(), List.of(), false);
        return withModel(model -> cluster.measure(encoded, model, task, gauge, type));
    }

    private static <R> R required(Optional<R> measured, JavaRDD<byte[]> encoded) {
        return measured.orElseThrow(() -> new IllegalArgumentException("The RDD has no batch in any of its "
                + encoded.getNumPartitions() + " partitions, so it has no score"));
    }

    private <T> T withModel(Function<Broadcast<byte[]>, T> work) {
        Broadcast<byte[]> model = cluster.broadcast(
                new Model(id, blueprint, RawArray.of(network.model().params()), settings));
        try {
            return work.apply(model);
        } finally {
            Cleaning.up(model::destroy);
        }
    }
}
