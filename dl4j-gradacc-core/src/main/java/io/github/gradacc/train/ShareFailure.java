/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import java.io.Serializable;
import org.apiguardian.api.API;

/**
 * Why a share could not be computed, as a value: what is wrong with data or network is wrong each time, so nothing is
 * gained if the exception travels and those who see it try again.
 *
 * @param kind which of the trainer's exceptions it is
 * @param partition of the data, from 0
 * @param batch position of the batch in its partition, from 0; -1 if the failure is about none
 * @param iteration number of the step
 * @param microBatch position in the window; -1 if the failure is about a batch as a whole
 * @param score of the micro-batch, or NaN
 * @param message what the trainer says
 */
@API(status = API.Status.INTERNAL)
public record ShareFailure(
        Kind kind, int partition, int batch, int iteration, int microBatch, double score, String message)
        implements Serializable {

    /** The trainer's exceptions. */
    public enum Kind {
        /** {@link IllegalArgumentException}: the data does not fit. */
        BAD_DATA,
        /** {@link MicroBatchException}: a pass failed. */
        FAILED_PASS,
        /** {@link NonFiniteGradientException}. */
        NOT_FINITE,
        /** {@link IllegalStateException}: where the share was to be computed, the network cannot be made. */
        NO_NETWORK
    }

    /** Describes a worker that could not be made. */
    public static ShareFailure noNetwork(int partition, Throwable cause) {
        String message = cause instanceof IllegalStateException ? cause.getMessage() : cause.toString();
        return new ShareFailure(Kind.NO_NETWORK, partition, -1, -1, -1, Double.NaN, String.valueOf(message));
    }

    /** Describes data that was refused. */
    public static ShareFailure badData(int partition, int batch, IllegalArgumentException refusal) {
        return new ShareFailure(
                Kind.BAD_DATA, partition, batch, -1, -1, Double.NaN, String.valueOf(refusal.getMessage()));
    }

    static ShareFailure failedPass(int partition, int batch, MicroBatchException failure) {
        return new ShareFailure(
                Kind.FAILED_PASS,
                partition,
                batch,
                failure.iteration(),
                failure.microBatch(),
                Double.NaN,
                String.valueOf(failure.getMessage()));
    }

    static ShareFailure notFinite(int partition, int batch, NonFiniteGradientException failure) {
        return new ShareFailure(
                Kind.NOT_FINITE,
                partition,
                batch,
                failure.iteration(),
                failure.microBatch(),
                failure.score(),
                String.valueOf(failure.getMessage()));
    }

    /** Makes the exception, which names the partition, and the batch if it is about one. */
    public RuntimeException toException() {
        String where = "Batch " + batch + " of partition " + partition + ": " + message;
        return switch (kind) {
            case BAD_DATA -> new IllegalArgumentException(where);
            case FAILED_PASS -> new MicroBatchException(iteration, microBatch, where, null);
            case NOT_FINITE -> new NonFiniteGradientException(iteration, microBatch, score, where);
            case NO_NETWORK -> new IllegalStateException("Where partition " + partition + " is computed: " + message);
        };
    }
}
