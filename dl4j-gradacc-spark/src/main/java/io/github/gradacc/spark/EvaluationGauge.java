/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import io.github.gradacc.train.ShareFailure;
import io.github.gradacc.train.ShareInference;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.evaluation.IEvaluation;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * Evaluates, beginning with a copy of what the user gave.
 *
 * @param <E> the kind of evaluation
 */
final class EvaluationGauge<E extends IEvaluation<E>> implements Measure.Gauge<E> {

    private static final long serialVersionUID = 1L;

    private final byte[] empty;
    private final Class<E> type;

    /**
     * Copies.
     *
     * @param empty an evaluation to which nothing was added
     */
    @SuppressWarnings("unchecked")
    EvaluationGauge(E empty) {
        this.empty = Values.toBytes(empty);
        type = (Class<E>) empty.getClass();
    }

    @Override
    public E start() {
        return Values.fromBytes(empty, type);
    }

    @Override
    public Optional<ShareFailure> add(
            ShareInference network,
            int partition,
            int position,
            @Nullable MultiDataSet batch,
            Measure.Result<E> result) {
        return network.evaluate(partition, position, batch, List.of(result.value()));
    }

    @Override
    public E merge(E first, E next) {
        first.merge(next);
        return first;
    }
}
