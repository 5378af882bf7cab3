/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import io.github.gradacc.grad.SumState;
import io.github.gradacc.grad.SummandNorm;
import io.github.gradacc.train.ShareFailure;
import io.github.gradacc.train.ShareOutcome;
import java.io.Serializable;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A share without its array. */
final class ShareHeader implements Serializable {

    private static final long serialVersionUID = 1L;

    private final List<List<double[]>> pools;
    private final int[] normExamples;
    private final double[] norms;
    private final double bound;
    private final long examples;
    private final int microBatches;
    private final double meanScore;
    private final double summedScore;
    private final @Nullable ShareFailure failure;
    private final WorkerKind worker = Workers.kind();

    /** Of a share of this process. */
    ShareHeader(ShareOutcome outcome) {
        SumState state = outcome.sum();
        pools = state.pools();
        normExamples = state.norms().stream().mapToInt(SummandNorm::examples).toArray();
        norms = state.norms().stream().mapToDouble(SummandNorm::norm).toArray();
        bound = state.bound();
        examples = state.examples();
        microBatches = state.microBatches();
        meanScore = state.meanScore();
        summedScore = state.summedScore();
        failure = outcome.failure().orElse(null);
    }

    /** Returns who computed the share. */
    WorkerKind worker() {
        return worker;
    }

    Optional<ShareFailure> failure() {
        return Optional.ofNullable(failure);
    }

    /**
     * Returns the share.
     *
     * @param sum its array, or that of all shares; null if that comes with another one
     */
    SumState state(@Nullable INDArray sum) {
        List<SummandNorm> measured = java.util.stream.IntStream.range(0, norms.length)
                .mapToObj(i -> new SummandNorm(normExamples[i], norms[i]))
                .toList();
        return new SumState(sum, pools, measured, bound, examples, microBatches, meanScore, summedScore);
    }
}
