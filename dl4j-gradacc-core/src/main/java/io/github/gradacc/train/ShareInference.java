/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.batch.Batch;
import io.github.gradacc.batch.MicroBatches;
import io.github.gradacc.pass.Inference;
import io.github.gradacc.pass.TrainedNetwork;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;
import org.nd4j.evaluation.IEvaluation;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * Measures the network of a {@link ShareWorker} on shares of data, micro-batch by micro-batch in inference mode.
 *
 * <p>As little thread-safe as the worker.
 */
@API(status = API.Status.INTERNAL)
public final class ShareInference {

    private final TrainedNetwork network;
    private final Inference inference;
    private final Cutting cutting;

    ShareInference(TrainedNetwork network, Cutting cutting) {
        this.network = network;
        this.cutting = cutting;
        inference = network.inference();
    }

    /**
     * Adds a batch to evaluations.
     *
     * @param partition number of the share, for messages
     * @param position of the batch in it, for messages
     * @param data the batch, not copied
     * @param evaluations of the network's first output; after a failure they may have part of the batch
     * @return what failed, if anything did
     */
    public Optional<ShareFailure> evaluate(
            int partition, int position, @Nullable MultiDataSet data, List<? extends IEvaluation<?>> evaluations) {
        return pieceByPiece(partition, position, data, piece -> inference.evaluate(piece.data(), evaluations));
    }

    /**
     * Computes the loss of a batch.
     *
     * @param partition number of the share, for messages
     * @param position of the batch in it, for messages
     * @param data the batch, not copied
     * @param result takes the loss of each micro-batch, in their order
     * @return what failed, if anything did
     */
    public Optional<ShareFailure> score(
            int partition, int position, @Nullable MultiDataSet data, Consumer<ShareScore> result) {
        return pieceByPiece(partition, position, data, piece -> {
            Inference.Loss loss = inference.loss(piece.data());
            result.accept(new ShareScore(piece.examples(), loss.mean() * piece.examples(), loss.sum()));
        });
    }

    private Optional<ShareFailure> pieceByPiece(
            int partition, int position, @Nullable MultiDataSet data, Consumer<Batch> work) {
        Batch batch;
        try {
            batch = Batch.of(data, network.labelRows());
            network.requireArrays(batch.data());
        } catch (IllegalArgumentException e) {
            return Optional.of(ShareFailure.badData(partition, position, e));
        }
        int from = 0;
        for (int size : cutting.sizes(batch)) {
            if (Thread.currentThread().isInterrupted()) {
                throw new TrainingInterruptedException("Measuring the network was interrupted");
            }
            try {
                work.accept(MicroBatches.part(batch, from, from + size));
            } catch (RuntimeException e) {
                return Optional.of(failed(partition, position, from, batch, e));
            }
            from += size;
        }
        return Optional.empty();
    }

    private ShareFailure failed(int partition, int position, int from, Batch batch, RuntimeException e) {
        String message = "The forward pass from example " + from + " on failed (features "
                + Arrays.toString(batch.data().getFeatures(0).shape()) + ", labels "
                + Arrays.toString(batch.data().getLabels(0).shape()) + "): " + e
                + "; check shapes and data types against the network's first and last layer. The network is unchanged";
        return ShareFailure.failedPass(
                partition, position, new MicroBatchException(network.iteration(), 0, message, e));
    }
}
